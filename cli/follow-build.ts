import type { Build, GetResponse } from '../openapi/generated/types.ts';
import type { Api } from './api.ts';
import { shortId } from './build-ids.ts';
import { BuildProgress } from './build-progress.ts';
import type { Context } from './command.ts';
import type { Connection } from './connect.ts';
import { clockText, durationText } from './durations.ts';
import { beginsText, restText, usualMs, waitMs } from './estimate.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { hasEnded, statusWord } from './format-builds.ts';
import { type LogEnd, type LogEvent, type LogLine, readLog } from './log-stream.ts';
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

/** Prints a warning when a part of a build's log is missing. */
export const warnOfMissingLog = ({ terminal }: Context, { log, reason }: LogEnd): void => {
  if (log === 'truncated' || log === 'lost') terminal.warning(`The log is ${log}${reason ? `: ${reason}` : '.'}`);
};

/** Reads the tool's builds, newest first, for estimates in the status line. Without a response there are no builds. */
const otherBuilds = async (api: Api): Promise<readonly Build[]> => {
  const list = await api.list(1).catch(() => undefined);
  return list?.builds ?? [];
};

const estimate = async ({ api }: Pick<Connection, 'api'>, progress: BuildProgress, id: string): Promise<void> =>
  progress.addBuilds(await otherBuilds(api), id);

/** A log that is being followed. */
export type Following = {
  context: Context;
  connection: Connection;
  id: string;
  progress: BuildProgress;
  /** true prints the lines to standard error, because the result goes to standard output as JSON. */
  toError: boolean;
};

/** Begins to follow a log: shows the status line, with estimates from the tool's own builds. */
export const beginFollowing = (context: Context, connection: Connection, id: string, toError: boolean): Following => {
  const progress = new BuildProgress(Date.now);
  context.terminal.status(() => progress.text());
  if (context.terminal.isLive) void estimate(connection, progress, id);
  return { context, connection, id, progress, toError };
};

const showNote = ({ context, connection, id, progress }: Following, note: string): void => {
  if (!context.terminal.isLive) {
    context.terminal.note(note);
    return;
  }
  progress.addNote(note);
  context.terminal.status(() => progress.text());
  // A note tells of a new position in the queue, so there is a new estimate.
  void estimate(connection, progress, id);
};

const showPartial = ({ context, progress, toError }: Following, event: Omit<LogLine, 'type'>): void => {
  const { terminal } = context;
  const text = renderLine(context, event, toError);
  const hasStatusLine = terminal.isLive && (toError || terminal.columns !== undefined);
  if (!hasStatusLine) {
    terminal.draw(text, toError);
    return;
  }
  progress.addPartial(printableLogLine(text, false));
  terminal.status(() => progress.text());
};

/** Shows an event of a log that is followed, except its end. */
export const showEvent = (following: Following, event: LogEvent): void => {
  const { context, progress, toError } = following;
  if (event.type === 'note') showNote(following, event.note);
  if (event.type === 'partial') showPartial(following, event);
  if (event.type !== 'line') return;
  progress.addLine(event, printableLogLine(event.line, false));
  (toError ? context.terminal.err : context.terminal.out)(renderLine(context, event, toError));
};

/** Follows a build's log and prints its lines until the log ends. */
const followLog = async (following: Following): Promise<void> => {
  const { context, connection, id } = following;
  if (!context.terminal.isLive) context.terminal.note('Waiting for the log…');
  for await (const event of readLog(connection.log, id, { follow: true })) {
    showEvent(following, event);
    if (event.type === 'end') warnOfMissingLog(context, event);
  }
  context.terminal.clearSpinner();
};

const waitingText = (id: string, { build }: GetResponse): string => {
  const position = build.queue_position ? `, at position ${build.queue_position} of the queue` : '';
  return `${shortId(id)} is ${statusWord(build.status)}${position}`;
};

/** Returns what the status line shows of a build that a command waits for, with estimates from the tool's builds. */
const waitingStatus = (text: string, { build }: GetResponse, builds: readonly Build[], begunAt: number): string => {
  const now = Date.now();
  const startedAt = Date.parse(build.start_time);
  const elapsedMs = Math.max(0, now - (Number.isNaN(startedAt) ? begunAt : startedAt));
  const rest = build.queue_position
    ? beginsText(waitMs(builds, build.build_id, now))
    : restText(usualMs(builds, build.parameters?.source_url), elapsedMs);
  return `${text}, ${clockText(elapsedMs)}${rest}`;
};

/** Requests a build again and again until the build has ended, and returns the build. */
export const waitForEnd = async (context: Context, { api, log }: Connection, id: string): Promise<GetResponse> => {
  const { terminal } = context;
  const begunAt = Date.now();
  let builds: readonly Build[] = [];
  let last = '';
  for (let pollMs = firstPollMs; ; pollMs = Math.min(maxPollMs, pollMs * 1.5)) {
    const response = await api.get(id);
    if (hasEnded(response.build)) {
      terminal.clearSpinner();
      return response;
    }
    const text = waitingText(id, response);
    if (terminal.isLive) terminal.status(() => waitingStatus(text, response, builds, begunAt));
    else terminal.note(text);
    // A new status or position in the queue changes the estimate.
    if (terminal.isLive && text !== last) builds = await otherBuilds(api);
    last = text;
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
export const followBuild = async (following: Following): Promise<GetResponse> => {
  const { context, connection, id } = following;
  try {
    await followLog(following);
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== exitCodes.unavailable) throw error;
    context.terminal.clearSpinner();
    context.terminal.warning(`${error.message} Waiting for the build without its log.`);
  }
  return waitForEnd(context, connection, id);
};

const endings: Record<string, string> = {
  ok: 'succeeded',
  cancelled: 'was cancelled',
  timeout: 'timed out',
  error: 'failed',
};

/** Returns the message of a build that did not succeed, without a failure excerpt that the log has just shown. */
const messageLines = ({ message }: GetResponse['build'], progress: BuildProgress | undefined): string[] => {
  const lines = message ? printableLines(message) : [];
  return progress?.hasShown(lines.slice(1)) ? lines.slice(0, 1) : lines;
};

/** Prints how long a build took, and each of its steps if the log was followed. */
const printDuration = (
  { terminal }: Context,
  { start_time, end_time }: GetResponse['build'],
  progress: BuildProgress | undefined,
): void => {
  const endedAt = Date.parse(end_time ?? '');
  const ms = endedAt - Date.parse(start_time ?? '');
  if (!(ms >= 0)) return;
  const steps = progress?.stepTimes(endedAt);
  terminal.err(terminal.paintError('dim', `  Took ${durationText(ms)}${steps ? `: ${steps}` : ''}`));
};

/**
 * Prints to standard error how a build ended.
 * @param progress what a command that followed the log knows: the time of each step, and the lines that were shown
 * @returns the exit code for a command that waited for the build
 */
export const printEnd = (context: Context, { build }: GetResponse, progress?: BuildProgress): ExitCode => {
  const { terminal } = context;
  const word = statusWord(build.status);
  const sentence = `Build ${shortId(build.build_id)} ${endings[word] ?? 'ended with an unknown status'}`;
  if (word === 'ok') {
    const image = build.destination_image ? `: ${printable(build.destination_image)}` : '';
    terminal.err(terminal.paintError('green', `${sentence}${image}`));
  } else {
    terminal.error(sentence);
    for (const line of messageLines(build, progress)) terminal.err(`  ${line}`);
  }
  printDuration(context, build, progress);
  return word === 'ok' ? exitCodes.ok : exitCodes.buildFailed;
};

/** Notifies the user, if the option --notify was given, that a build has ended. */
export const notifyOfEnd = ({ terminal }: Context, wanted: boolean, id: string, status: string): void => {
  if (wanted) terminal.notify(`Build ${shortId(id)} ${endings[statusWord(status)] ?? 'ended'}`);
};
