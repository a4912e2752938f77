import { ndjsonLine } from '../response/encode.ts';
import type { LogLine } from '../types.ts';

const lineFeed = 10;

/** Parses the lines of a chunk, or of whole lines within a chunk. @param line number of the first line within the step */
export const parseLines = (ndjson: Buffer, line: number): LogLine[] => {
  const texts = ndjson.toString().split('\n');
  texts.pop();
  return texts.map((text, at) => ndjsonLine(text, line + at));
};

/** Returns the offset of the first line end that is `size` bytes or more after `from`; else the end of the buffer. */
export const endOfLines = (ndjson: Buffer, from: number, size: number): number =>
  from + size >= ndjson.length ? ndjson.length : ndjson.indexOf(lineFeed, from + size) + 1 || ndjson.length;

/** Returns the offset in bytes behind a number of lines. */
export const offsetOfLine = (ndjson: Buffer, lines: number): number => {
  let at = 0;
  for (let left = lines; left > 0; left -= 1) at = ndjson.indexOf(lineFeed, at) + 1;
  return at;
};
