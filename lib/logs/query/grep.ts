import { setImmediate as nextTurn } from 'node:timers/promises';
import { RE2JS } from 're2js';
import { ApiError } from '../../errors.ts';
import { colourPattern } from '../masking/colour.ts';

/** Those of some lines that are looked for. */
export type Grep = <T extends { text: string }>(lines: readonly T[]) => Promise<T[]>;

export type GrepOptions = {
  /** Milliseconds, of a clock that never goes back. */
  now?: () => number;
  /** Resolves when whatever else waits in this process has had its turn. */
  turn?: () => Promise<unknown>;
};

/** Instructions of the compiled pattern: repetitions count as often as they may repeat. */
const longestProgram = 80;
/** Characters that are looked through at once: a hostile pattern takes some tens of milliseconds for them, seldom 200. */
const longestPart = 2048;
/** Parts overlap, so that a match up to this length is found wherever it is. */
const overlap = 512;
/** Milliseconds of looking after which others have their turn. */
const sliceMs = 5;
/** Milliseconds of looking for one reader. */
const budgetMs = 30_000;

const refused = (why: string): ApiError => new ApiError(400, 'parameter_invalid', why);

const invalid = (why: string): ApiError =>
  refused(`grep must be a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax): ${why}.`);

const exhausted = (): ApiError =>
  refused('This grep takes too long for this log. Ask for a simpler pattern, or for a part: step, since, from_line.');

/** Compiling what repeats much takes long in itself, so what repeats far too much isn't. */
const repeatsFarTooMuch = (pattern: string): boolean => {
  const counts = [...pattern.matchAll(/(?<!\\)\{(\d+)(?:,(\d*))?\}/g)].map(([, from, to]) => Number(to || from));
  return counts.some((count) => count > longestProgram) || counts.reduce((a, b) => a + b, 0) > 4 * longestProgram;
};

const compile = (pattern: string): RE2JS => {
  if (repeatsFarTooMuch(pattern)) throw invalid('this one repeats too much');
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw invalid((error as Error).message.replace(/^error parsing regexp: /, ''));
  }
};

const colours = new RegExp(colourPattern, 'g');

const partsOf = (text: string): string[] => {
  const shown = text.includes('\u001b') ? text.replace(colours, '') : text;
  const parts: string[] = [];
  let from = 0;
  for (; from + longestPart < shown.length; from += longestPart - overlap)
    parts.push(shown.slice(from, from + longestPart));
  return [...parts, shown.slice(from)];
};

let queue: Promise<unknown> = Promise.resolve();

/** One by one: however many readers look for something, between two turns of theirs all else goes on. */
const inTurn = (): Promise<unknown> => {
  queue = queue.then(() => nextTurn());
  return queue;
};

/**
 * Looks through lines in time that grows with their length only, whatever the pattern; gives up its turn between.
 * Colours are not part of a line. What is longer than a part is looked through part by part.
 * @throws ApiError 400 `parameter_invalid`, also while looking: when it has taken too long for one reader
 */
export const createGrep = (
  pattern: string,
  { now = () => performance.now(), turn = inTurn }: GrepOptions = {},
): Grep => {
  const compiled = compile(pattern);
  if (compiled.programSize() > longestProgram) throw invalid('this one repeats too much');
  let spent = 0;
  let rested = 0;

  const matches = (part: string): boolean => {
    const begun = now();
    const found = compiled.test(part);
    spent += now() - begun;
    return found;
  };

  const rest = async (): Promise<void> => {
    if (spent > budgetMs) throw exhausted();
    await turn();
    rested = spent;
  };

  return async (lines) => {
    const found: (typeof lines)[number][] = [];
    for (const line of lines) {
      for (const part of partsOf(line.text)) {
        const isMatch = matches(part);
        // Not for every line: a promise would cost more than most patterns.
        if (spent - rested >= sliceMs) await rest();
        if (!isMatch) continue;
        found.push(line);
        break;
      }
    }
    return found;
  };
};
