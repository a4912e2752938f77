import type { ApiError } from '../../errors.ts';
import { escapeLineEnds } from '../../http/escape-line-ends.ts';
import type { LogEnd, LogEvent, LogLine } from '../types.ts';
import { type LogFormat, mediaTypes } from './negotiate.ts';

/** One wire format. Whatever it makes ends where a reader may begin anew: no frame is ever cut. */
export type Encoder = {
  contentType: string;
  encode(events: readonly LogEvent[]): string;
  /** What `encode` makes of lines, out of what ndjson's makes of them. */
  fromNdjson(frames: Buffer): string | Buffer;
  /** Nothing, to be sent while nothing happens. */
  keepAlive: string;
  /** An error after the first byte. The stream ends without an end frame. */
  failure(error: Pick<ApiError, 'code' | 'message'>, cursor: string | undefined): string;
  /** The stream ends here, the log doesn't: ask again with the cursor. */
  handOver(cursor: string | undefined): string;
};

const handOverText = 'this stream ends here, the log does not: ask again with the last cursor';

const endText = ({ status, log, reason }: LogEnd): string => {
  if (log === 'live') return `this is all there is so far (${status})`;
  const missing =
    log === 'complete'
      ? ''
      : `; the log is ${log === 'lost' ? 'not all there' : 'truncated'}: ${reason ?? 'unknown why'}`;
  return `the build has ended: ${status}${missing}`;
};

const encodeEach = (encodeOne: (event: LogEvent) => string) => (events: readonly LogEvent[]) => {
  let out = '';
  for (const event of events) out += encodeOne(event);
  return escapeLineEnds(out);
};

const more = ({ number, more }: LogLine): string =>
  `${number === undefined ? '' : `,"number":${number}`}${more ? ',"more":true' : ''}`;

/** Frames by an expression, several times as fast as by parsing them. JSON leaves no line feed or quote as it is. */
const replaced = (pattern: RegExp, by: string) => (frames: Buffer) => frames.toString().replace(pattern, by);

const ours = (text: string, extra: object = {}): string =>
  `${JSON.stringify({ line: `[builds] ${text}`, ...extra })}\n`;

const textEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line':
      return `{"line":${JSON.stringify(`[step-${event.step}] ${event.time} ${event.text}`)},"cursor":"${event.cursor}"${more(event)}}\n`;
    case 'note':
      return ours(event.text);
    case 'end': {
      const { status, log, reason, cursor } = event;
      return ours(endText(event), { cursor, end: { status, log, reason } });
    }
    default:
      return '';
  }
};

/** builds-api 2's JSON lines. Leading spaces before an object are JSON, a blank line is not. */
const text: Encoder = {
  contentType: `${mediaTypes.text}; charset=utf-8`,
  encode: encodeEach(textEvent),
  fromNdjson: replaced(/^\{"type":"line","step":"([^"]*)","time":"([^"]*)","line":"/gm, '{"line":"[step-$1] $2 '),
  keepAlive: ' ',
  failure: ({ code, message }, cursor) => escapeLineEnds(ours(`error: ${message}`, { code, cursor })),
  handOver: (cursor) => ours(handOverText, { cursor }),
};

const frame = (event: string, data: object | string, cursor?: string): string => {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  return `${id}event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
};

const sseEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line': {
      const data = `{"step":"${event.step}","time":"${event.time}","line":${JSON.stringify(event.text)}${more(event)}}`;
      return frame('line', data, event.cursor);
    }
    case 'note':
      return frame('note', { note: event.text });
    case 'end': {
      const { status, log, reason, cursor } = event;
      return frame('end', { status, complete: log === 'complete', log, reason }, cursor);
    }
    default:
      return '';
  }
};

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
const sse: Encoder = {
  contentType: `${mediaTypes.sse}; charset=utf-8`,
  encode: encodeEach(sseEvent),
  fromNdjson: replaced(/^\{"type":"line",(.*),"cursor":"([^"]*)"(.*)\}$/gm, 'id: $2\nevent: line\ndata: {$1$3}\n'),
  keepAlive: ':\n\n',
  failure: ({ code, message }) => escapeLineEnds(frame('note', { note: `error: ${message}`, code })),
  // EventSource asks again by itself: soon, as nothing is wrong.
  handOver: (cursor) => `${cursor === undefined ? '' : `id: ${cursor}\n`}retry: 100\n\n`,
};

const cursorKey = ',"cursor":"';

const ndjsonEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line':
      return `{"type":"line","step":"${event.step}","time":"${event.time}","line":${JSON.stringify(event.text)}${cursorKey}${event.cursor}"${more(event)}}\n`;
    case 'note':
      return `${JSON.stringify({ type: 'note', note: event.text })}\n`;
    case 'end':
      return `${JSON.stringify(event)}\n`;
    default:
      return '';
  }
};

/** The line of an ndjson frame. @param line its number within the step */
export const ndjsonLine = (frame: string, line: number): LogLine => {
  const { type, step, time, line: text, cursor, more } = JSON.parse(frame);
  return { type, step, line, time, text, cursor, ...(more ? { more } : {}) };
};

/** The cursor of the last of these frames. Only a frame's own keys have quotes without a backslash. */
export const lastNdjsonCursor = (frames: Buffer): string => {
  const from = frames.lastIndexOf(cursorKey) + cursorKey.length;
  return frames.toString('latin1', from, frames.indexOf('"', from));
};

const ndjson: Encoder = {
  contentType: `${mediaTypes.ndjson}; charset=utf-8`,
  encode: encodeEach(ndjsonEvent),
  fromNdjson: (frames) => frames,
  keepAlive: ' ',
  failure: ({ code, message }, cursor) =>
    escapeLineEnds(`${JSON.stringify({ type: 'note', note: `error: ${message}`, code, cursor })}\n`),
  handOver: (cursor) => `${JSON.stringify({ type: 'note', note: handOverText, cursor, hand_over: true })}\n`,
};

export const encoders: Record<LogFormat, Encoder> = { text, sse, ndjson };
