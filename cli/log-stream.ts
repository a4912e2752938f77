import { isObject, textAt } from '../lib/json-values.ts';
import type { Api, LogQuery } from './api.ts';
import { backoffMs, type CallerOptions } from './call.ts';
import { exitCodes, Failure } from './failure.ts';
import type { ResponseStream } from './http.ts';
import { mayRetry, networkFailure } from './network-errors.ts';
import { parseJson } from './responses.ts';

export type LogLine = { type: 'line'; step: string; time: string; line: string; number?: number; cursor?: string };
/** The present state of a line that the build has not finished, such as a progress bar. */
type PartialLine = { type: 'partial'; step: string; time: string; line: string };
/**
 * A note of the service in a log stream. With `hand_over` the log stream ends after the note, and the log continues at
 * the note's cursor in a new stream.
 */
type LogNote = { type: 'note'; note: string; cursor?: string; hand_over?: true };
/** The end of a log. With `limited` the log has as many lines as the reader wants, and may go on behind the cursor. */
export type LogEnd = {
  type: 'end';
  status: string;
  log: string;
  reason: string;
  limited?: true;
  cursor?: string;
};
export type LogEvent = LogLine | PartialLine | LogNote | LogEnd;

/** `onRetry` is called each time a log stream breaks and the log is about to be requested again. */
export type LogOptions = Pick<CallerOptions, 'base' | 'sleep' | 'random' | 'onRetry'> & { api: Pick<Api, 'openLog'> };

/** Limit of broken log streams in a row, without an event in between. The client then gives up. */
const maxBrokenStreams = 6;
/**
 * Delay in milliseconds before a log is requested again after a handover. The instance of the service that handed the
 * log over is about to stop, and must not get the new request.
 */
const handOverMs = 100;
/** Longest line of a log stream, in UTF-16 code units. The service cuts the lines of a log long before this length. */
const maxLineLength = 16 * 1024 * 1024;

const endlessLine = (): Failure =>
  new Failure(exitCodes.unavailable, `The log has a line of more than ${maxLineLength} characters.`, {
    hint: 'The server is not the builds API, or it is broken. Check the address: see --api-url.',
  });

const unfinishedStatuses = new Set(['BUILD_PENDING', 'BUILD_RUNNING']);

/** Yields the lines of a response body, without the "\n" at their ends. No other character ends a line. */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw endlessLine();
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * Parses one line of a log stream into an event.
 * @returns undefined for a blank line, a line that was cut off, and an event whose type this version of the client does
 * not know
 * @throws Failure for a line that reports an error of the service
 */
const parseEvent = (text: string): LogEvent | undefined => {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const string = (key: string) => textAt(value, key) ?? '';
  const cursor = textAt(value, 'cursor');
  const position = cursor === undefined ? {} : { cursor };
  if (value.type === 'line') {
    const number = typeof value.number === 'number' ? { number: value.number } : {};
    return { type: 'line', step: string('step'), time: string('time'), line: string('line'), ...number, ...position };
  }
  if (value.type === 'partial')
    return { type: 'partial', step: string('step'), time: string('time'), line: string('line') };
  if (value.type === 'note') {
    const note = { type: 'note', note: string('note') } as const;
    return value.hand_over === true ? { ...note, ...position, hand_over: true } : note;
  }
  if (value.type === 'end') {
    const limited = value.limited === true ? ({ limited: true } as const) : {};
    return {
      type: 'end',
      status: string('status'),
      log: string('log'),
      reason: string('reason'),
      ...limited,
      ...position,
    };
  }
  if (Array.isArray(value.error)) throw new Failure(exitCodes.unavailable, value.error.map(String).join('\n'));
  return undefined;
};

async function* readEvents(stream: ResponseStream): AsyncGenerator<LogEvent> {
  try {
    for await (const line of splitLines(stream)) {
      const event = parseEvent(line);
      if (event) yield event;
    }
  } finally {
    stream.destroy();
  }
}

/** Progress of reading a log. */
type Progress = {
  /** The last cursor, behind which the log is requested when a log stream ends too early. */
  cursor: string | undefined;
  /** Number of log streams that broke since the last event. */
  brokenStreams: number;
  /** Number of lines that the reader still wants; undefined when the reader wants all lines. */
  wanted: number | undefined;
};
/** How a log stream ended: at the end of the log, by a handover to another instance of the service, or too early. */
type StreamEnd = 'complete' | 'handed over' | 'broken';

/**
 * Notes an event of a log in the progress of reading.
 * @returns whether the event is a line that was read before
 */
const wasRead = (event: LogEvent, progress: Progress): boolean => {
  progress.brokenStreams = 0;
  const cursor = 'cursor' in event ? event.cursor : undefined;
  if (event.type === 'line') {
    if (cursor !== undefined && cursor === progress.cursor) return true;
    if (progress.wanted !== undefined) progress.wanted -= 1;
  }
  progress.cursor = cursor ?? progress.cursor;
  return false;
};

/**
 * Returns how a log stream ends with an event; undefined when the stream goes on. A server that limits the length of a
 * log stream ends the stream with the status of a build that has not finished. The client then requests the rest.
 */
const endWith = (event: LogEvent, follow: boolean): StreamEnd | undefined => {
  if (event.type === 'note') return event.hand_over ? 'handed over' : undefined;
  if (event.type !== 'end') return undefined;
  return follow && !event.limited && unfinishedStatuses.has(event.status) ? 'broken' : 'complete';
};

/** Yields the events of one log stream, which begins after the last cursor, and returns why the stream ended. */
async function* readStream(
  { api }: LogOptions,
  id: string,
  query: LogQuery,
  progress: Progress,
): AsyncGenerator<LogEvent, StreamEnd> {
  const { cursor, wanted } = progress;
  const rest = { ...query, cursor, ...(wanted === undefined ? {} : { lines: String(wanted) }) };
  for await (const event of readEvents(await api.openLog(id, rest))) {
    if (wasRead(event, progress)) continue;
    const end = endWith(event, query.follow);
    if (end === undefined || end === 'complete') yield event;
    if (end !== undefined) return end;
  }
  return 'broken';
}

/**
 * Returns the failure for an error after which a log can be resumed.
 * @throws Failure for any other error, and when the log stream could not be opened and `follow` is false. With `follow`
 * the client keeps trying, because the service may be away for longer than one request is retried
 */
const brokenStream = (error: unknown, base: URL, follow: boolean): Failure => {
  const failure = networkFailure(error, base);
  const wasOpened = !(error instanceof Failure);
  if (!mayRetry(failure.cause, true) || !(wasOpened || follow)) throw failure;
  return failure;
};

/**
 * Yields the events of a build's log up to its end. After a broken connection the log is resumed at the last cursor, so
 * each line is yielded once.
 * @throws Failure after 6 broken connections in a row, and for a build that does not exist or is not visible
 */
export async function* readLog(options: LogOptions, id: string, query: LogQuery): AsyncGenerator<LogEvent> {
  const wanted = query.lines === undefined ? undefined : Number(query.lines);
  const progress: Progress = { cursor: query.cursor, brokenStreams: 0, wanted };
  let delayMs = 0;
  while (progress.brokenStreams < maxBrokenStreams) {
    if (delayMs > 0) await options.sleep(delayMs);
    delayMs = 0;
    try {
      const end = yield* readStream(options, id, query, progress);
      if (end === 'complete' || progress.wanted === 0) return;
      if (end === 'handed over') {
        delayMs = handOverMs;
        continue;
      }
      delayMs = backoffMs(++progress.brokenStreams, options.random);
    } catch (error) {
      const { message } = brokenStream(error, options.base, query.follow);
      delayMs = backoffMs(++progress.brokenStreams, options.random);
      if (progress.brokenStreams < maxBrokenStreams)
        options.onRetry({ message, next: 'Resuming the log where it was cut.', delayMs });
    }
  }
  throw new Failure(exitCodes.unavailable, `The connection for the log broke ${maxBrokenStreams} times in a row.`, {
    hint: 'The build continues. See its status with `toolforge-build show`.',
  });
}
