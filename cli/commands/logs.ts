import { idOrLatest } from '../choose.ts';
import { type Context, flag, type Run, text, type Values } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';
import { type LogEvent, readLog } from '../log-stream.ts';
import { asciiJson } from '../plain.ts';
import { goesOn, renderLine, tellLogState } from '../watch.ts';

function filters(values: Values) {
  const tail = text(values, 'tail');
  if (tail !== undefined && !/^\d{1,7}$/.test(tail))
    throw new Failure(EXIT.usage, `--tail takes a number, not "${tail}".`);
  // Lines show a step as [step-build]; both spellings are what the user can have seen.
  return { tail, step: text(values, 'step')?.replace(/^step-/, '') };
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
