import type { Span } from './invisible.ts';

/**
 * Finds secrets that only the lines before a line tell, such as a value in the line after its name. The lines of one step
 * are added in their order.
 */
export type LineTracker = {
  /**
   * Takes the next line, and returns its secrets: those that were found before, and those that earlier lines tell.
   * @param found the secrets that were found in the line itself
   */
  add(text: string, found: readonly Span[]): readonly Span[];
  /** Forgets the lines before, because the next line does not continue them. */
  reset(): void;
  /** Whether the next line is masked by itself alone. */
  readonly isAtRest: boolean;
};

/** Makes one tracker of several. Each gets what the trackers before it have found. */
export const trackAll = (trackers: readonly LineTracker[]): LineTracker => {
  const areAtRest = (): boolean => {
    for (const tracker of trackers) if (!tracker.isAtRest) return false;
    return true;
  };
  // The mask asks twice for each line, and most lines change nothing.
  let isAtRest = true;
  return {
    add: (text, found) => {
      let spans = found;
      for (const tracker of trackers) spans = tracker.add(text, spans);
      isAtRest = areAtRest();
      return spans;
    },
    reset: () => {
      for (const tracker of trackers) tracker.reset();
      isAtRest = true;
    },
    get isAtRest() {
      return isAtRest;
    },
  };
};

/**
 * Matches the prefix of a line from a program that runs the build: `#12 0.345 ` of BuildKit, a time, the name of a
 * container of Compose.
 */
const prefix =
  /^(?:#\d{1,4} \d{1,6}\.\d{1,4} |\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.,Z+-]{0,16}\]? |[\w.-]{1,40}-\d{1,3} {1,20}\| )/;

const mayBeginPrefix = /^[#[\w]/;

/** Returns the length of what a program that runs the build has put before a line. */
export const logPrefixLength = (text: string): number =>
  mayBeginPrefix.test(text) ? (prefix.exec(text)?.[0].length ?? 0) : 0;
