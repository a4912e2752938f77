import type { ApiError } from '../errors/index.ts';
import { escapeLineEnds } from '../http/json.ts';
import { type LogFormat, mediaTypes } from './format.ts';
import type { LogEnd, LogEvent, LogLine } from './types.ts';

/** One wire format. Whatever it makes ends where a reader may begin anew: no frame is ever cut. */
export type Encoder = {
  contentType: string;
  encode(events: readonly LogEvent[]): string;
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
  keepAlive: ':\n\n',
  failure: ({ code, message }) => escapeLineEnds(frame('note', { note: `error: ${message}`, code })),
  // EventSource asks again by itself: soon, as nothing is wrong.
  handOver: (cursor) => `${cursor === undefined ? '' : `id: ${cursor}\n`}retry: 100\n\n`,
};

const ndjsonEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line':
      return `{"type":"line","step":"${event.step}","time":"${event.time}","line":${JSON.stringify(event.text)},"cursor":"${event.cursor}"${more(event)}}\n`;
    case 'note':
      return `${JSON.stringify({ type: 'note', note: event.text })}\n`;
    case 'end':
      return `${JSON.stringify(event)}\n`;
    default:
      return '';
  }
};

const ndjson: Encoder = {
  contentType: `${mediaTypes.ndjson}; charset=utf-8`,
  encode: encodeEach(ndjsonEvent),
  keepAlive: ' ',
  failure: ({ code, message }, cursor) =>
    escapeLineEnds(`${JSON.stringify({ type: 'note', note: `error: ${message}`, code, cursor })}\n`),
  handOver: (cursor) => `${JSON.stringify({ type: 'note', note: handOverText, cursor, hand_over: true })}\n`,
};

export const encoders: Record<LogFormat, Encoder> = { text, sse, ndjson };
