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
