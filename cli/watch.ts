import type { BuildResponse } from '../openapi/generated/types.ts';
import type { Api } from './api.ts';
import { hasEnded, statusWord } from './builds.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode, Failure } from './failure.ts';
import { type LogEnd, type LogLine, type LogOptions, readLog } from './log-stream.ts';
import { logLine, neutral } from './plain.ts';

export type Watching = { api: Api; log: LogOptions };

/** `[step-build] text`, the prefix in colour; with the line's time when verbose, and its number where lines were chosen. */
export function renderLine(
  { terminal, verbose }: Context,
  { step, time, line, number }: LogLine,
  toError: boolean,
): string {
  const paint = toError ? terminal.paintError : terminal.paint;
  const prefix = paint('cyan', `[${neutral(step.startsWith('step-') ? step : `step-${step}`)}]`);
  const when = verbose && time ? `${paint('dim', neutral(time))} ` : '';
  const numbered = number === undefined ? '' : paint('dim', `${number}: `);
  return `${prefix} ${when}${numbered}${logLine(line, toError ? terminal.errorColours : terminal.colours)}`;
}

/** Warns when a part of the log is missing. */
export function tellLogState({ terminal }: Context, { log, reason }: LogEnd): void {
  if (log === 'truncated' || log === 'lost') terminal.warning(`The log is ${log}${reason ? `: ${reason}` : '.'}`);
}

/** Follows a build's log to its end. `toError`: lines go to standard error, as standard output is for JSON. */
export async function followLog(context: Context, { log }: Watching, id: string, toError: boolean): Promise<void> {
  const { terminal } = context;
  const write = toError ? terminal.err : terminal.out;
  terminal.note('Waiting for the log…');
  for await (const event of readLog(log, id, { follow: true })) {
    if (event.type === 'note') terminal.note(event.note);
    if (event.type === 'line') {
      terminal.settle();
      write(renderLine(context, event, toError));
    }
    if (event.type === 'end') tellLogState(context, event);
  }
  terminal.settle();
}

const LONGEST_PAUSE = 5000;

/** Asks for the build until it has ended. */
export async function waitForEnd(context: Context, { api, log }: Watching, id: string): Promise<BuildResponse> {
  for (let pause = 500; ; pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
    const answer = await api.get(id);
    if (hasEnded(answer.build)) {
      context.terminal.settle();
      return answer;
    }
    const { status, queue_position: position } = answer.build;
    context.terminal.note(`${id} is ${statusWord(status)}${position ? `, at position ${position} of the queue` : ''}`);
    await log.sleep(pause);
  }
}

/** What Ctrl-C says from now on. */
export function goesOn(context: Context, id: string): void {
  context.farewell = [
    `The build ${id} goes on.`,
    `Follow it again: toolforge-build logs -f ${id}`,
    `Cancel it:       toolforge-build cancel ${id}`,
  ];
}

/** Follows the log, then waits for the end; without a log it only waits. */
export async function watch(
  context: Context,
  watching: Watching,
  id: string,
  toError: boolean,
): Promise<BuildResponse> {
  try {
    await followLog(context, watching, id, toError);
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.unavailable) throw error;
    context.terminal.settle();
    context.terminal.warning(`${error.message} Waiting for the build without its log.`);
  }
  return waitForEnd(context, watching, id);
}

/** Says how the build ended, and with which exit code the command ends. */
export function tellEnd({ terminal }: Context, { build }: BuildResponse): ExitCode {
  const word = statusWord(build.status);
  if (word === 'ok') {
    const image = build.destination_image ? `: ${neutral(build.destination_image)}` : '';
    terminal.err(terminal.paintError('green', `Build ${neutral(build.build_id)} succeeded${image}`));
    return EXIT.ok;
  }
  const how: Record<string, string> = { cancelled: 'was cancelled', timeout: 'timed out', error: 'failed' };
  terminal.error(`Build ${build.build_id} ${how[word] ?? 'ended in an unknown way'}`);
  for (const line of build.message ? build.message.split(/\r?\n/) : []) terminal.err(`  ${neutral(line)}`);
  return EXIT.buildFailed;
}
