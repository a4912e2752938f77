import { setImmediate as nextTurn } from 'node:timers/promises';
import { RE2JS } from 're2js';
import { type ApiError, parameterInvalid } from '../../errors.ts';
import { colourPattern } from '../masking/colour.ts';

/**
 * Returns the lines of a log that match a pattern.
 * @throws ApiError 400 `parameter_invalid` when the search takes too long
 */
export type Grep = <T extends { text: string }>(lines: readonly T[]) => Promise<T[]>;

export type GrepOptions = {
  /** Returns the time of a clock that never goes back, in milliseconds. Default: performance.now. */
  now?: () => number;
  /**
   * Resolves when the other work of this process has had its turn. Default: the searches of all readers queue up, and
   * each waits for a turn of the event loop (setImmediate).
   */
  turn?: () => Promise<unknown>;
};

/** Size limit of a compiled grep pattern, in instructions. A repetition counts as often as it may repeat. */
const maxProgramSize = 80;
/**
 * Number of characters that grep searches without a break. The worst patterns take some tens of milliseconds for this
 * number, and seldom 200 ms.
 */
const windowLength = 2048;
/**
 * Number of characters that two neighbouring windows of a long line share, so that grep finds a match up to this length
 * anywhere.
 */
const windowOverlap = 512;
/** Time of searching after which other work of the process gets its turn, in milliseconds. */
const sliceMs = 5;
/** Limit of the time that grep searches for one reader, in milliseconds. */
const budgetMs = 30_000;

const invalid = (why: string): ApiError =>
  parameterInvalid('grep', `must be a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax): ${why}`);

const exhausted = (): ApiError =>
  parameterInvalid(
    'grep',
    'takes too long for this log: use a simpler pattern, or read a part of the log with `step`, `since` or `from_line`',
  );

/**
 * Says whether the repetitions of a grep pattern are far over the limit. Compiling such a pattern would itself take
 * long.
 */
const repeatsFarTooMuch = (pattern: string): boolean => {
  const counts = [...pattern.matchAll(/(?<!\\)\{(\d+)(?:,(\d*))?\}/g)].map(([, from, to]) => Number(to || from));
  return counts.some((count) => count > maxProgramSize) || counts.reduce((a, b) => a + b, 0) > 4 * maxProgramSize;
};

const repeatsTooMuch = (): ApiError => invalid('this one repeats too much');

const parse = (pattern: string): RE2JS => {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw invalid((error as Error).message.replace(/^error parsing regexp: /, ''));
  }
};

const compile = (pattern: string): RE2JS => {
  if (repeatsFarTooMuch(pattern)) throw repeatsTooMuch();
  const compiled = parse(pattern);
  if (compiled.programSize() > maxProgramSize) throw repeatsTooMuch();
  return compiled;
};

const colours = new RegExp(colourPattern, 'g');

/**
 * Divides a line, without its colours, into overlapping windows, which grep searches one by one. Nearly every line is
 * one window.
 */
const windowsOf = (text: string): string[] => {
  const plain = text.includes('\u001b') ? text.replace(colours, '') : text;
  const windows: string[] = [];
  let from = 0;
  for (; from + windowLength < plain.length; from += windowLength - windowOverlap)
    windows.push(plain.slice(from, from + windowLength));
  return [...windows, plain.slice(from)];
};

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Waits until other work of the process had its turn. The searches of all readers queue up, so other work runs between
 * any two searches.
 */
const turnInQueue = (): Promise<unknown> => {
  lastTurn = lastTurn.then(() => nextTurn());
  return lastTurn;
};

/** Measures how long grep searches for one reader, and gives other work of the process its turn. */
class SearchTime {
  readonly #now: () => number;
  readonly #turn: () => Promise<unknown>;
  #spentMs = 0;
  #spentBeforeSliceMs = 0;

  constructor({ now = () => performance.now(), turn = turnInQueue }: GrepOptions) {
    this.#now = now;
    this.#turn = turn;
  }

  /** Says whether a text matches a pattern, and counts the time of the search. */
  test(pattern: RE2JS, text: string): boolean {
    const begin = this.#now();
    const isMatch = pattern.test(text);
    this.#spentMs += this.#now() - begin;
    return isMatch;
  }

  /** Says whether grep has searched so long without a break that other work should have its turn. */
  isSliceOver(): boolean {
    return this.#spentMs - this.#spentBeforeSliceMs >= sliceMs;
  }

  /**
   * Gives other work of the process its turn.
   * @throws ApiError 400 `parameter_invalid` when the reader's time for searching is used up
   */
  async rest(): Promise<void> {
    if (this.#spentMs > budgetMs) throw exhausted();
    await this.#turn();
    this.#spentBeforeSliceMs = this.#spentMs;
  }
}

/**
 * Makes a search of lines for a pattern in RE2's syntax. The time grows with the length of the lines only, whatever the
 * pattern is. Colours are not part of a line. A line longer than 2,048 characters is searched in windows, so a match
 * longer than 512 characters may be missed in such a line.
 * @throws ApiError 400 `parameter_invalid`
 */
export const createGrep = (pattern: string, options: GrepOptions = {}): Grep => {
  const compiled = compile(pattern);
  const time = new SearchTime(options);
  return async (lines) => {
    const found: (typeof lines)[number][] = [];
    for (const line of lines) {
      for (const window of windowsOf(line.text)) {
        const isMatch = time.test(compiled, window);
        // The search waits for other work only when a time slice is over: an await for every line would cost more than
        // most patterns.
        if (time.isSliceOver()) await time.rest();
        if (!isMatch) continue;
        found.push(line);
        break;
      }
    }
    return found;
  };
};
