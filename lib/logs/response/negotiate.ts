import Negotiator from 'negotiator';
import { ApiError } from '../../errors.ts';

export type LogFormat = 'text' | 'sse' | 'ndjson';

/** Media types of the formats of a log. The first type wins where the header Accept prefers several equally. */
export const mediaTypes: Record<LogFormat, string> = {
  text: 'text/plain',
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
};

const formats = Object.keys(mediaTypes) as LogFormat[];

/** Removes all parameters but the quality from an Accept header: a client that asks for a charset gets UTF-8. */
const withoutParameters = (accept: string): string => accept.replace(/;(?!\s*q=)[^,;]*/gi, '');

const formatRank = (range: string): number =>
  Object.values(mediaTypes).indexOf(range.replace(/;.*/, '').trim().toLowerCase());

/** Sorts an Accept header's ranges into the order of `mediaTypes`, as negotiator prefers the first of equal ranges. */
const inFixedOrder = (accept: string): string =>
  accept
    .split(',')
    .sort((a, b) => formatRank(a) - formatRank(b))
    .join(',');

const acceptedFormat = (accept: string | undefined): LogFormat | undefined => {
  const header = inFixedOrder(withoutParameters(accept?.trim() || '*/*'));
  const type = new Negotiator({ headers: { accept: header } }).mediaType(Object.values(mediaTypes));
  return formats.find((format) => mediaTypes[format] === type);
};

/**
 * Returns the format of a log's response: the parameter `format` if given, else the format that the header Accept
 * prefers. Default: text, which clients of builds-api 2 read. Where the header prefers several formats equally, the first
 * one in `mediaTypes` wins.
 * @throws ApiError 400 `parameter_invalid`, 406 `not_acceptable`
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export const chooseFormat = (accept: string | undefined, format: string | undefined): LogFormat => {
  const chosen = format === undefined ? acceptedFormat(accept) : formats.find((known) => known === format);
  if (chosen !== undefined) return chosen;
  if (format !== undefined) throw new ApiError(400, 'parameter_invalid', 'format must be text, sse or ndjson.');
  const types = Object.values(mediaTypes).join(', ');
  throw new ApiError(406, 'not_acceptable', `Logs come as ${types}. Ask for one of these in Accept, or with format=.`);
};

/**
 * Says whether a client accepts a response in gzip.
 * @param accept value of the header Accept-Encoding. Without this header a response is not compressed
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
export const acceptsGzip = (accept: string | undefined): boolean =>
  new Negotiator({ headers: { 'accept-encoding': accept } }).encodings(['gzip']).includes('gzip');
