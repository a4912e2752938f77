import { ndjsonLine } from '../response/encode.ts';
import type { LogLine } from '../types.ts';

const lineFeed = 10;

/** Parses complete ndjson lines of an archived chunk. @param line 0-based number of the first line within the step */
export const parseLines = (ndjson: Buffer, line: number): LogLine[] => {
  const texts = ndjson.toString().split('\n');
  texts.pop();
  return texts.map((text, at) => ndjsonLine(text, line + at));
};

/**
 * Returns the offset behind the first line end that is `size` bytes or more after `from`; without one, the buffer's
 * length.
 */
export const endOfLines = (ndjson: Buffer, from: number, size: number): number =>
  from + size >= ndjson.length ? ndjson.length : ndjson.indexOf(lineFeed, from + size) + 1 || ndjson.length;

/** Returns the offset behind the first `lines` lines of a buffer, in bytes. */
export const offsetOfLine = (ndjson: Buffer, lines: number): number => {
  let at = 0;
  for (let left = lines; left > 0; left -= 1) at = ndjson.indexOf(lineFeed, at) + 1;
  return at;
};
