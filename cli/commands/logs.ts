import { shortId } from '../build-ids.ts';
import { type Context, flag, type Run, text, type Values } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { drawPartial, renderLine, setFarewell, warnOfMissingLog } from '../follow-build.ts';
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

/** Prints what a reader must know at the end of a log: that a part is missing, or that the build and its log go on. */
const printLogEnd = (context: Context, event: LogEnd, id: string): void => {
  warnOfMissingLog(context, event);
  if (event.log !== 'live' || event.limited) return;
  context.terminal.info(`The build goes on, and so does its log. Follow it: toolforge-build logs -f ${shortId(id)}`);
};

const printEvent = (context: Context, event: LogEvent, id: string): void => {
  const { terminal } = context;
  if (event.type === 'note') terminal.note(event.note);
  if (event.type === 'end') {
    terminal.clearSpinner();
    printLogEnd(context, event, id);
  }
  if (event.type === 'partial') drawPartial(context, event, false);
  if (event.type !== 'line') return;
  terminal.clearSpinner();
  terminal.out(renderLine(context, event, false));
};

/** Runs the command `logs`, which prints a build's log as text, or with --json as one JSON object per line. */
export const logs: Run = async (context, invocation) => {
  const { values } = invocation;
  const [follow, json] = [flag(values, 'follow'), flag(values, 'json')];
  const query = { follow, ...filters(values) };
  const { api, log } = await context.connect();
  const id = await namedBuild(api, invocation);
  if (follow) setFarewell(context, id);
  context.terminal.waiting('Waiting for the log…');
  await aboutBuild(api, id, async () => {
    for await (const event of readLog(log, id, query)) {
      if (json) context.terminal.out(asciiJson(event));
      else printEvent(context, event, id);
    }
  });
  context.terminal.clearSpinner();
  return exitCodes.ok;
};
