import { shortId } from '../build-ids.ts';
import { type Context, flag, type Run, text, type Values } from '../command.ts';
import type { Connection } from '../connect.ts';
import { exitCodes, Failure } from '../failure.ts';
import {
  beginFollowing,
  type Following,
  notifyOfEnd,
  renderLine,
  setFarewell,
  showEvent,
  warnOfMissingLog,
} from '../follow-build.ts';
import { type LogEnd, type LogEvent, readLog } from '../log-stream.ts';
import { aboutBuild, namedBuild } from '../named-builds.ts';
import { asciiJson } from '../printable.ts';

/**
 * Returns the value of a command-line option that takes a number of up to 7 digits.
 * @throws Failure for any other text
 */
const number = (values: Values, name: string): string | undefined => {
  const value = text(values, name);
  if (value === undefined || /^\d{1,7}$/.test(value)) return value;
  throw new Failure(exitCodes.usage, `--${name} takes a number, not "${value}".`);
};

const filters = (values: Values) => ({
  tail: number(values, 'tail'),
  from_line: number(values, 'from-line'),
  lines: number(values, 'lines'),
  since: text(values, 'since'),
  grep: text(values, 'grep'),
  // A step has two names, and --step accepts both: a log shows step-build, and the API calls the same step build.
  step: text(values, 'step')?.replace(/^step-/, ''),
});

/** @throws Failure for --notify without --follow: a log that is not followed may end before its build does */
const requireFollowToNotify = (values: Values): void => {
  if (flag(values, 'follow') || !flag(values, 'notify')) return;
  throw new Failure(exitCodes.usage, '--notify needs -f, because only a log that is followed ends with its build.', {
    hint: 'To wait without the log: toolforge-build wait --notify',
  });
};

/** Prints what a reader must know at the end of a log: that a part is missing, or that the build and its log go on. */
const printLogEnd = (context: Context, event: LogEnd, id: string): void => {
  warnOfMissingLog(context, event);
  if (event.log !== 'live' || event.limited) return;
  context.terminal.info(`The build goes on, and so does its log. Follow it: toolforge-build logs -f ${shortId(id)}`);
};

/** Prints an event of a log that is not followed. */
const printEvent = (context: Context, event: LogEvent, id: string): void => {
  const { terminal } = context;
  if (event.type === 'note') terminal.note(event.note);
  if (event.type === 'end') {
    terminal.clearSpinner();
    printLogEnd(context, event, id);
  }
  if (event.type !== 'line') return;
  terminal.clearSpinner();
  terminal.out(renderLine(context, event, false));
};

/** Prints an event of a log that is followed. At the end it prints how long each step took, if all steps were read. */
const printFollowed = (following: Following, event: LogEvent, isWhole: boolean): void => {
  const { context, id, progress } = following;
  const { terminal } = context;
  showEvent(following, event);
  if (event.type !== 'end') return;
  terminal.clearSpinner();
  printLogEnd(context, event, id);
  const steps = isWhole && !event.limited ? progress.stepTimes() : '';
  if (steps && terminal.isLive) terminal.err(terminal.paintError('dim', `Steps: ${steps}`));
};

type Show = (event: LogEvent) => void;

/** Returns the function that shows the events of a log, in the way that the options ask for. */
const createShow = (context: Context, connection: Connection, id: string, values: Values): Show => {
  const isWhole = Object.values(filters(values)).every((value) => value === undefined);
  if (flag(values, 'json')) return (event) => context.terminal.out(asciiJson(event));
  if (!flag(values, 'follow')) return (event) => printEvent(context, event, id);
  const following = beginFollowing(context, connection, id, false);
  return (event) => printFollowed(following, event, isWhole);
};

/** Runs the command `logs`, which prints a build's log as text, or with --json as one JSON object per line. */
export const logs: Run = async (context, invocation) => {
  const { values } = invocation;
  requireFollowToNotify(values);
  const query = { follow: flag(values, 'follow'), ...filters(values) };
  const connection = await context.connect();
  const { api, log } = connection;
  const id = await namedBuild(api, invocation);
  if (query.follow) setFarewell(context, id);
  context.terminal.waiting('Waiting for the log…');
  const show = createShow(context, connection, id, values);
  await aboutBuild(api, id, async () => {
    for await (const event of readLog(log, id, query)) {
      show(event);
      const hasEnded = query.follow && event.type === 'end' && !event.limited;
      if (hasEnded) notifyOfEnd(context, flag(values, 'notify'), id, event.status);
    }
  });
  context.terminal.clearSpinner();
  return exitCodes.ok;
};
