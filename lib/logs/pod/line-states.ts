/**
 * The states of a line with carriage returns, such as a progress bar. A terminal shows each state in the place of the state
 * before.
 */
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: progress bars are drawn by control characters
/** Matches sequences that erase a line, and those that hide or show the cursor. */
const drawing = /\u001b\[(?:[0-2]?K|\?25[lh])/g;
/** Matches a state that shows nothing. */
const blank = /^(?:\s|\u001b\[[0-9;?]*[A-Za-z])*$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: progress bars are drawn by control characters

/** Says whether a state of a line shows nothing. */
export const isBlank = (state: string): boolean => blank.test(state);

/** Returns a state without the sequences that draw a progress bar. */
export const withoutDrawing = (state: string): string => state.replaceAll(drawing, '');

/**
 * Returns the last state of an unfinished line that shows anything, and the text before that state. Sequences that draw a
 * progress bar are dropped.
 */
export const lastState = (line: string): { overwritten: string; shown: string } => {
  const states = line.split('\r');
  const last = states.findLastIndex((state) => !isBlank(state));
  return {
    overwritten: states
      .slice(0, last)
      .map((state) => `${state}\r`)
      .join(''),
    shown: withoutDrawing(states[last] ?? ''),
  };
};

/** Limits of the states that are shown in a second: of any line, and of a line of more than 8,192 characters. */
const maxStates = 10;
const maxLongStates = 2;
const longLength = 8192;

/**
 * Limits how many states of unfinished lines are shown. The pipeline prints one mark a second, but a build that forges marks
 * could have a line masked thousands of times.
 */
export class StateLimit {
  #secondBegan = Number.NEGATIVE_INFINITY;
  #count = 0;

  /**
   * Counts a state.
   * @param length characters of the unfinished line
   * @param now present time in milliseconds
   * @returns whether the state may be shown
   */
  allows(length: number, now: number): boolean {
    if (now - this.#secondBegan >= 1000) {
      this.#secondBegan = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= (length > longLength ? maxLongStates : maxStates);
  }
}
