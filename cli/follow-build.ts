import type { GetResponse } from '../openapi/generated/types.ts';
import { shortId } from './build-ids.ts';
import type { Context } from './command.ts';
import type { Connection } from './connect.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { hasEnded, statusWord } from './format-builds.ts';
import { type LogEnd, type LogLine, type PartialLine, readLog } from './log-stream.ts';
import { printable, printableLines, printableLogLine } from './printable.ts';

/**
 * First and longest delay between two requests for a build's status, in milliseconds. Each delay is 1.5 times as long
 * as the delay before.
 */
const firstPollMs = 500;
const maxPollMs = 5000;

/**
 * Returns a line of a build's log as `[step-build] text`. The line's time is added with --verbose, and the line's
 * number when the API sent one.
 * @param toError true for a line on standard error, which may take colours when standard output does not
 */
export const renderLine = (
  { terminal, verbose }: Context,
  { step, time, line, number }: Pick<LogLine, 'step' | 'time' | 'line' | 'number'>,
  toError: boolean,
): string => {
  const paint = toError ? terminal.paintError : terminal.paint;
  const prefix = paint('cyan', `[${printable(step.startsWith('step-') ? step : `step-${step}`)}]`);
  const shownTime = verbose && time ? `${paint('dim', printable(time))} ` : '';
  const shownNumber = number === undefined ? '' : paint('dim', `${number}: `);
  const text = printableLogLine(line, toError ? terminal.errorColours : terminal.colours);
  return `${prefix} ${shownTime}${shownNumber}${text}`;
};

/**
 * Shows the present state of an unfinished line, which the next line replaces.
 * @param toError true for standard error
 */
export const drawPartial = (context: Context, event: PartialLine, toError: boolean): void => {
  context.terminal.clearSpinner();
  context.terminal.draw(renderLine(context, event, toError), toError);
};

/** Prints a warning when a part of a build's log is missing. */
export const warnOfMissingLog = ({ terminal }: Context, { log, reason }: LogEnd): void => {
  if (log === 'truncated' || log === 'lost') terminal.warning(`The log is ${log}${reason ? `: ${reason}` : '.'}`);
};

/**
 * Follows a build's log and prints its lines until the log ends.
 * @param toError true prints the lines to standard error, because the result goes to standard output as JSON
 */
const followLog = async (context: Context, { log }: Connection, id: string, toError: boolean): Promise<void> => {
  const { terminal } = context;
  const print = toError ? terminal.err : terminal.out;
  terminal.note('Waiting for the log…');
  for await (const event of readLog(log, id, { follow: true })) {
    if (event.type === 'note') terminal.note(event.note);
    if (event.type === 'partial') drawPartial(context, event, toError);
    if (event.type === 'line') {
      terminal.clearSpinner();
      print(renderLine(context, event, toError));
    }
    if (event.type === 'end') warnOfMissingLog(context, event);
  }
  terminal.clearSpinner();
};

/** Requests a build again and again until the build has ended, and returns the build. */
export const waitForEnd = async (context: Context, { api, log }: Connection, id: string): Promise<GetResponse> => {
  for (let pollMs = firstPollMs; ; pollMs = Math.min(maxPollMs, pollMs * 1.5)) {
    const response = await api.get(id);
    if (hasEnded(response.build)) {
      context.terminal.clearSpinner();
      return response;
    }
    const { status, queue_position: position } = response.build;
    context.terminal.note(
      `${shortId(id)} is ${statusWord(status)}${position ? `, at position ${position} of the queue` : ''}`,
    );
    await log.sleep(pollMs);
  }
};

/** Sets the lines that Ctrl-C prints: Ctrl-C does not stop the build, and these commands follow or cancel the build. */
export const setFarewell = (context: Context, id: string): void => {
  const shown = shortId(printable(id));
  context.farewell = [
    `The build ${shown} continues.`,
    `Follow it again: toolforge-build logs -f ${shown}`,
    `Cancel it:       toolforge-build cancel ${shown}`,
  ];
};

/**
 * Prints the log of a build and waits until the build has ended. If the log is unavailable, prints a warning and only
 * waits.
 */
export const followBuild = async (
  context: Context,
  connection: Connection,
  id: string,
  toError: boolean,
): Promise<GetResponse> => {
  try {
    await followLog(context, connection, id, toError);
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== exitCodes.unavailable) throw error;
    context.terminal.clearSpinner();
    context.terminal.warning(`${error.message} Waiting for the build without its log.`);
  }
  return waitForEnd(context, connection, id);
};

const endings: Record<string, string> = { cancelled: 'was cancelled', timeout: 'timed out', error: 'failed' };

/** Prints to standard error how a build ended. @returns the exit code for a command that waited for the build */
export const printEnd = ({ terminal }: Context, { build }: GetResponse): ExitCode => {
  const word = statusWord(build.status);
  if (word === 'ok') {
    const image = build.destination_image ? `: ${printable(build.destination_image)}` : '';
    terminal.err(terminal.paintError('green', `Build ${shortId(build.build_id)} succeeded${image}`));
    return exitCodes.ok;
  }
  terminal.error(`Build ${shortId(build.build_id)} ${endings[word] ?? 'ended with an unknown status'}`);
  for (const line of build.message ? printableLines(build.message) : []) terminal.err(`  ${line}`);
  return exitCodes.buildFailed;
};
