import { flag, printJson, type Run, text, type Values } from '../command.ts';
import { parseDuration } from '../durations.ts';
import { exitCodes, Failure } from '../failure.ts';
import { notifyOfEnd, printEnd, setFarewell, waitForEnd, waitForEndWithin } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';
import { aboutBuild, namedBuild } from '../named-builds.ts';

/** Longest time that a timer of Node can wait, in milliseconds: 24 days. */
const maxTimeoutMs = 2 ** 31 - 1;

/** Returns the value of --timeout in milliseconds. @throws Failure for a value that is no such duration */
const timeoutFrom = (values: Values): number | undefined => {
  const given = text(values, 'timeout');
  if (given === undefined) return undefined;
  const ms = parseDuration(given);
  if (ms !== undefined && ms <= maxTimeoutMs) return ms;
  throw new Failure(
    exitCodes.usage,
    `--timeout takes a duration of up to 24 days such as 90s, 10m or 1h30m, not "${given}".`,
  );
};

/**
 * Runs the command `wait`, which waits until a build has ended, by default the newest build. The exit code tells
 * whether the build succeeded.
 */
export const wait: Run = async (context, invocation) => {
  const { values } = invocation;
  const timeoutMs = timeoutFrom(values);
  const connection = await context.connect();
  const id = await namedBuild(connection.api, invocation);
  setFarewell(context, id);
  const ended = await aboutBuild(connection.api, id, () =>
    timeoutMs === undefined
      ? waitForEnd(context, connection, id)
      : waitForEndWithin(context, connection, id, timeoutMs),
  );
  notifyOfEnd(context, flag(values, 'notify'), id, ended.build.status);
  if (flag(values, 'json')) printJson(context, showJson(ended));
  return printEnd(context, ended);
};
