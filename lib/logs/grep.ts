import { RE2JS } from 're2js';
import { ApiError } from '../errors/index.ts';

/** Whether a line is looked for. */
export type Grep = (text: string) => boolean;

/** Instructions of the compiled pattern: repetitions count as often as they may repeat. */
const longestProgram = 1000;

const invalid = (why: string): ApiError =>
  new ApiError(
    400,
    'parameter_invalid',
    `grep must be a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax): ${why}.`,
  );

const compile = (pattern: string): RE2JS => {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw invalid((error as Error).message.replace(/^error parsing regexp: /, ''));
  }
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a colour begins
const colour = /\u001b\[[0-9;:]{0,64}m/g;

/**
 * Looks through lines in time that grows with their length only, whatever the pattern. Colours are not part of a line.
 * @throws ApiError 400 `parameter_invalid`
 */
export const createGrep = (pattern: string): Grep => {
  const compiled = compile(pattern);
  if (compiled.programSize() > longestProgram) throw invalid('this one repeats too much');
  return (text) => compiled.test(text.includes('\u001b') ? text.replace(colour, '') : text);
};
