import { maxTimerMs, unlessAborted } from '../../lib/abort.ts';
import type { GetResponse } from '../../openapi/generated/types.ts';
import { shortId } from '../build-ids.ts';
import { type Context, flag, type Invocation, printJson, type Run, text, type Values } from '../command.ts';
import { durationText, parseDuration } from '../durations.ts';
import { exitCodes, Failure } from '../failure.ts';
import { notifyOfEnd, printEnd, setFarewell, waitForEnd } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';
import { aboutBuild, namedBuild } from '../named-builds.ts';

/** Returns the value of --timeout in milliseconds. @throws Failure for a value that is no such duration */
const timeoutFrom = (values: Values): number | undefined => {
  const given = text(values, 'timeout');
  if (given === undefined) return undefined;
  const ms = parseDuration(given);
  if (ms !== undefined && ms <= maxTimerMs) return ms;
  throw new Failure(
    exitCodes.usage,
    `--timeout takes a duration of up to 24 days such as 90s, 10m or 1h30m, not "${given}".`,
  );
};

/** Finds the build that the user named, and waits until it has ended. @param onFound is called with the build's id */
const endOfNamed = async (
  context: Context,
  invocation: Invocation,
  onFound: (id: string) => void,
): Promise<GetResponse> => {
  const connection = await context.connect();
  const id = await namedBuild(connection.api, invocation);
  onFound(id);
  setFarewell(context, id);
  return aboutBuild(connection.api, id, () => waitForEnd(context, connection, id));
};

/** @param id undefined if the build was not found yet */
const timedOut = (id: string | undefined, ms: number): Failure =>
  id === undefined
    ? new Failure(exitCodes.timedOut, `The service has not answered within ${durationText(ms)}.`, {
        hint: 'Try again, with a longer --timeout.',
      })
    : new Failure(exitCodes.timedOut, `The build ${shortId(id)} has not ended within ${durationText(ms)}.`, {
        hint: `The build continues. Wait again: toolforge-build wait ${shortId(id)}`,
      });

/**
 * Like endOfNamed, for at most `ms` milliseconds, which the search for the build is part of.
 * @throws Failure when the build has not ended by then
 */
const endOfNamedWithin = async (context: Context, invocation: Invocation, ms: number): Promise<GetResponse> => {
  const signal = AbortSignal.timeout(ms);
  let found: string | undefined;
  const onFound = (id: string) => {
    found = id;
  };
  try {
    return await unlessAborted(endOfNamed(context, invocation, onFound), signal);
  } catch (error) {
    throw error === signal.reason ? timedOut(found, ms) : error;
  }
};

/**
 * Runs the command `wait`, which waits until a build has ended, by default the newest build. The exit code tells
 * whether the build succeeded.
 */
export const wait: Run = async (context, invocation) => {
  const { values } = invocation;
  const timeoutMs = timeoutFrom(values);
  const ended = await (timeoutMs === undefined
    ? endOfNamed(context, invocation, () => undefined)
    : endOfNamedWithin(context, invocation, timeoutMs));
  const { build_id: id, status } = ended.build;
  notifyOfEnd(context, flag(values, 'notify'), id, status);
  if (flag(values, 'json')) printJson(context, showJson(ended));
  return printEnd(context, ended);
};
