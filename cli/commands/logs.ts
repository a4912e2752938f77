import { idOrLatest } from '../choose.ts';
import { type Context, flag, type Run, text, type Values } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { type LogEvent, readLog } from '../log-stream.ts';
import { asciiJson } from '../plain.ts';
import { goesOn, renderLine, tellLogState } from '../watch.ts';

function number(values: Values, name: string): string | undefined {
  const value = text(values, name);
  if (value === undefined || /^\d{1,7}$/.test(value)) return value;
  throw new Failure(EXIT.usage, `--${name} takes a number, not "${value}".`);
}

function filters(values: Values) {
  return {
    tail: number(values, 'tail'),
    from_line: number(values, 'from-line'),
    lines: number(values, 'lines'),
    since: text(values, 'since'),
    grep: text(values, 'grep'),
    // Lines show a step as [step-build]; both spellings are what the user can have seen.
    step: text(values, 'step')?.replace(/^step-/, ''),
  };
}

function show(context: Context, event: LogEvent): void {
  const { terminal } = context;
  if (event.type === 'note') terminal.note(event.note);
  if (event.type === 'end') tellLogState(context, event);
  if (event.type !== 'line') return;
  terminal.settle();
  terminal.out(renderLine(context, event, false));
}

/** Prints a build's log: as text, or with --json as the API's objects, one a line. */
export const logs: Run = async (context, invocation) => {
  const { values } = invocation;
  const [follow, json] = [flag(values, 'follow'), flag(values, 'json')];
  const query = { follow, ...filters(values) };
  const { api, log } = await context.connect();
  const id = await idOrLatest(api, invocation);
  if (follow) goesOn(context, id);
  context.terminal.waiting('Waiting for the log…');
  for await (const event of readLog(log, id, query)) {
    if (json) context.terminal.out(asciiJson(event));
    else show(context, event);
  }
  context.terminal.settle();
  return EXIT.ok;
};
