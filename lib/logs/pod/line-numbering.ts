import { type Cursor, createTimeKey, cursorFromParts, cursorSuffix } from '../cursor.ts';
import type { LogLine } from '../types.ts';
import type { RawLine } from './line-splitter.ts';

/**
 * Marks a line that the reader has already, in the place of the line's cursor. Such a line only passes through the
 * masks and is never shown.
 */
export const seenCursor = '';

/** Numbers the lines of a step and makes their cursors. */
export class LineNumbering {
  readonly #tag: string;
  readonly #step: string;
  readonly #timeKey = createTimeKey();
  /** 0-based number of the next line within the step. */
  #line: number;
  #key = '';
  #sameTimeBefore = 0;

  /** @param tag first part of the build's cursors, from cursorTag */
  constructor(tag: string, step: string, from: Cursor | undefined) {
    this.#tag = tag;
    this.#step = step;
    this.#line = from ? from.line + 1 : 0;
  }

  get nextLine(): number {
    return this.#line;
  }

  /** Time of the current line in the form that cursors contain (TimeKey). */
  get key(): string {
    return this.#key;
  }

  /** Number of lines directly before the current line that have the same time. */
  get sameTimeBefore(): number {
    return this.#sameTimeBefore;
  }

  /**
   * Moves on to the step's next line, which has the given time. Must be called for each line, even if the reader has
   * the line already.
   */
  advance(time: string): void {
    const key = this.#timeKey(time);
    this.#sameTimeBefore = key === this.#key ? this.#sameTimeBefore + 1 : 0;
    this.#key = key;
  }

  /**
   * Returns the current line as one that the reader has already: without a cursor, and without raising the line number.
   */
  seenLine({ time, more }: RawLine, text: string): LogLine {
    return this.#lineOf(time, text, more, seenCursor);
  }

  /** Returns the current line with its number and cursor. */
  addCursor({ time, more }: RawLine, text: string): LogLine {
    const suffix = cursorSuffix(this.#sameTimeBefore);
    const line = this.#lineOf(time, text, more, cursorFromParts(this.#tag, this.#step, this.#line, this.#key, suffix));
    this.#line += 1;
    return line;
  }

  #lineOf(time: string, text: string, more: boolean, cursor: string): LogLine {
    const line: LogLine = { type: 'line', step: this.#step, line: this.#line, time, text, cursor };
    if (more) line.more = true;
    return line;
  }
}
