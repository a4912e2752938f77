import { ApiError } from '../../errors.ts';
import { type AcceptedRange, wishesIn } from '../../http/accept.ts';

export type LogFormat = 'text' | 'sse' | 'ndjson';

/** In the order of preference among equals. */
export const mediaTypes: Record<LogFormat, string> = {
  text: 'text/plain',
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
};

/** 3 for the very type, 2 for its family, 1 for everything, 0 for another. */
const closeness = (range: string, type: string): number => {
  if (range === type) return 3;
  if (range === `${type.split('/')[0]}/*`) return 2;
  return range === '*/*' ? 1 : 0;
};

/** The most specific range that covers the type decides (RFC 9110, 12.5.1). */
const score = (all: readonly AcceptedRange[], type: string): { quality: number; close: number } =>
  all.reduce(
    (best, { name: range, quality }) => {
      const close = closeness(range, type);
      return close > best.close ? { quality, close } : best;
    },
    { quality: 0, close: 0 },
  );

const isFormat = (format: string): format is LogFormat => Object.hasOwn(mediaTypes, format);

/**
 * The format of the answer: `format` if given, else what `Accept` likes best, the compatible text where it has no wish.
 * @throws ApiError 400 `parameter_invalid`, 406 `not_acceptable`
 */
export const chooseFormat = (accept: string | undefined, format: string | undefined): LogFormat => {
  if (format !== undefined && isFormat(format)) return format;
  if (format !== undefined) throw new ApiError(400, 'parameter_invalid', 'format must be text, sse or ndjson.');
  const all = wishesIn(accept?.trim() || '*/*').filter(({ quality }) => !Number.isNaN(quality));
  const scored = (Object.keys(mediaTypes) as LogFormat[]).map((name) => ({ name, ...score(all, mediaTypes[name]) }));
  const [best] = scored.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality || b.close - a.close);
  if (best) return best.name;
  const known = Object.values(mediaTypes).join(', ');
  throw new ApiError(406, 'not_acceptable', `Logs come as ${known}. Ask for one of these in Accept, or with format=.`);
};
