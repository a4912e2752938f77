import type { ApiError } from '../../errors.ts';
import { escapeLineEnds } from '../../http/escape-line-ends.ts';
import type { LogEnd, LogEvent, LogLine } from '../types.ts';
import { type LogFormat, mediaTypes } from './negotiate.ts';

/**
 * Encodes a log in one format. All output of an encoder ends at the end of an event, so that another response may
 * continue there. An event is one line in ndjson and text, and one message in sse.
 */
export type Encoder = {
  /** Value of the header Content-Type for the format of a log. */
  contentType: string;
  /** Encodes a batch of log events. Events that are not for clients become ''. */
  encode(events: readonly LogEvent[]): string;
  /** Turns lines in the format ndjson into the result of `encode` for the same lines. */
  fromNdjson(ndjson: Buffer): string | Buffer;
  /** Bytes that a client ignores, for a connection on which nothing else is sent. */
  keepAlive: string;
  /** Encodes an error that comes after the first byte of a response. The response then ends without an end event. */
  failure(error: Pick<ApiError, 'code' | 'message'>, cursor: string | undefined): string;
  /**
   * Encodes the message that says: the response ends here, but the log does not. The client requests the rest with the
   * cursor.
   */
  handOver(cursor: string | undefined): string;
};

const handOverText = 'this stream ends here, but the log does not: request it again with the last cursor';

const endText = ({ status, log, reason, limited }: LogEnd): string => {
  if (limited) return 'these are the requested lines; the log may go on: request it again with the last cursor';
  if (log === 'live')
    return `this is all there is so far (${status}), but the log goes on: follow it (-f, follow=true), or request it again with the last cursor`;
  const missing =
    log === 'complete'
      ? ''
      : `; the log is ${log === 'lost' ? 'not all there' : 'truncated'}: ${reason ?? 'unknown why'}`;
  return `the build has ended: ${status}${missing}`;
};

/**
 * Makes a function that encodes a batch of log events one by one. Characters that some simple clients take for a line
 * end, such as U+2028, are escaped.
 */
const encodeEach = (encodeOne: (event: LogEvent) => string) => (events: readonly LogEvent[]) => {
  let out = '';
  for (const event of events) out += encodeOne(event);
  return escapeLineEnds(out);
};

/** Returns the optional fields of a line event as JSON. */
const optionalFields = ({ number, more }: LogLine): string =>
  `${number === undefined ? '' : `,"number":${number}`}${more ? ',"more":true' : ''}`;

/**
 * Makes a function that rewrites ndjson lines by a regular expression, several times as fast as by parsing the lines.
 * The rewriting is safe because JSON escapes every line feed and every quote within a string.
 */
const rewriteLines = (pattern: RegExp, by: string) => (ndjson: Buffer) => ndjson.toString().replace(pattern, by);

/** Encodes a message of the service in the format text: a note, an end or an error. */
const serviceLine = (text: string, extra: object = {}): string =>
  `${JSON.stringify({ line: `[builds] ${text}`, ...extra })}\n`;

const textEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line':
      return `{"line":${JSON.stringify(`[step-${event.step}] ${event.time} ${event.text}`)},"cursor":"${event.cursor}"${optionalFields(event)}}\n`;
    // A client of this format prints each object as a line, so a state has no cursor and looks like a line.
    case 'partial':
      return `{"line":${JSON.stringify(`[step-${event.step}] ${event.time} ${event.text}`)},"partial":true}\n`;
    case 'note':
      return serviceLine(event.text);
    case 'end': {
      const { type, cursor, ...end } = event;
      return serviceLine(endText(event), { cursor, end });
    }
    default:
      return '';
  }
};

/**
 * The format text, which builds-api 2 sends: one JSON object a line. A keep-alive is a space, because JSON allows
 * spaces before an object and a client would not parse a blank line.
 */
const text: Encoder = {
  contentType: `${mediaTypes.text}; charset=utf-8`,
  encode: encodeEach(textEvent),
  fromNdjson: rewriteLines(/^\{"type":"line","step":"([^"]*)","time":"([^"]*)","line":"/gm, '{"line":"[step-$1] $2 '),
  keepAlive: ' ',
  failure: ({ code, message }, cursor) => escapeLineEnds(serviceLine(`error: ${message}`, { code, cursor })),
  handOver: (cursor) => serviceLine(handOverText, { cursor }),
};

/** Encodes one message of a stream of server-sent events. */
const sseMessage = (event: string, data: object | string, cursor?: string): string => {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`;
  return `${id}event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
};

const sseEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line': {
      const data = `{"step":"${event.step}","time":"${event.time}","line":${JSON.stringify(event.text)}${optionalFields(event)}}`;
      return sseMessage('line', data, event.cursor);
    }
    case 'partial':
      return sseMessage('partial', { step: event.step, time: event.time, line: event.text });
    case 'note':
      return sseMessage('note', { note: event.text });
    case 'end': {
      const { status, log, reason, cursor, limited } = event;
      return sseMessage('end', { status, complete: log === 'complete' && !limited, log, reason, limited }, cursor);
    }
    default:
      return '';
  }
};

/**
 * The format sse: server-sent events, which a browser's EventSource reads.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
const sse: Encoder = {
  contentType: `${mediaTypes.sse}; charset=utf-8`,
  encode: encodeEach(sseEvent),
  fromNdjson: rewriteLines(/^\{"type":"line",(.*),"cursor":"([^"]*)"(.*)\}$/gm, 'id: $2\nevent: line\ndata: {$1$3}\n'),
  keepAlive: ':\n\n',
  failure: ({ code, message }) => escapeLineEnds(sseMessage('note', { note: `error: ${message}`, code })),
  // A browser's EventSource connects again by itself. After a hand-over it should do so soon (100 ms), because nothing
  // has failed.
  handOver: (cursor) => `retry: 100\n${sseMessage('note', { note: handOverText, hand_over: true }, cursor)}`,
};

const cursorKey = ',"cursor":"';

const ndjsonEvent = (event: LogEvent): string => {
  switch (event.type) {
    case 'line':
      return `{"type":"line","step":"${event.step}","time":"${event.time}","line":${JSON.stringify(event.text)}${cursorKey}${event.cursor}"${optionalFields(event)}}\n`;
    case 'partial':
      return `${JSON.stringify({ type: 'partial', step: event.step, time: event.time, line: event.text })}\n`;
    case 'note':
      return `${JSON.stringify({ type: 'note', note: event.text })}\n`;
    case 'end':
      return `${JSON.stringify(event)}\n`;
    default:
      return '';
  }
};

/**
 * Parses a line of a log in ndjson.
 * @param line 0-based number of the line within the step, which the format does not have
 */
export const ndjsonLine = (json: string, line: number): LogLine => {
  const { type, step, time, line: text, cursor, more } = JSON.parse(json);
  return { type, step, line, time, text, cursor, ...(more ? { more } : {}) };
};

/**
 * Returns the cursor of the last line in ndjson, without parsing the line. The key `cursor` is found by the quotes
 * around it: JSON puts a backslash before a quote within a string.
 */
export const lastNdjsonCursor = (ndjson: Buffer): string => {
  const from = ndjson.lastIndexOf(cursorKey) + cursorKey.length;
  return ndjson.toString('latin1', from, ndjson.indexOf('"', from));
};

/**
 * The format ndjson: one JSON object a line. Archives store lines in this format, so a change of the format needs a new
 * version of the archive's index.
 */
const ndjson: Encoder = {
  contentType: `${mediaTypes.ndjson}; charset=utf-8`,
  encode: encodeEach(ndjsonEvent),
  fromNdjson: (lines) => lines,
  keepAlive: ' ',
  failure: ({ code, message }, cursor) =>
    escapeLineEnds(`${JSON.stringify({ type: 'note', note: `error: ${message}`, code, cursor })}\n`),
  handOver: (cursor) => `${JSON.stringify({ type: 'note', note: handOverText, cursor, hand_over: true })}\n`,
};

export const encoders: Record<LogFormat, Encoder> = { text, sse, ndjson };
