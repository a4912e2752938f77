// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this module escapes control characters
import { colourPattern } from './colour.ts';

const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
const sequences = new RegExp(`${colourPattern}|${unsafe.source}`, 'g');

/**
 * Says whether an SGR parameter changes only colour, weight, underline or inversion of a terminal's text. Hidden text
 * (parameter 8), blinking and alternative fonts are not harmless.
 */
const isHarmless = (parameter: number): boolean =>
  parameter <= 4 ||
  parameter === 7 ||
  (parameter >= 21 && parameter <= 24) ||
  parameter === 27 ||
  (parameter >= 30 && parameter <= 49) ||
  (parameter >= 90 && parameter <= 107);

/**
 * Counts the parameters of the SGR attribute that begins at an index: 5 for an RGB colour, 3 for a palette colour, else
 * 1.
 */
const parameterCount = (parameters: readonly string[], at: number): number => {
  if (!['38', '48', '58'].includes(parameters[at] ?? '')) return 1;
  return { 2: 5, 5: 3 }[parameters[at + 1] ?? ''] ?? 1;
};

const isColour = (sequence: string): boolean => {
  const parameters = sequence.slice(2, -1).split(';');
  for (let at = 0; at < parameters.length; at += parameterCount(parameters, at)) {
    const first = Number(parameters[at]?.split(':')[0]);
    if (!isHarmless(first) && first !== 58 && first !== 59) return false;
  }
  return true;
};

const makeVisible = (found: string): string => {
  if (found.length > 1) return isColour(found) ? found : `\u241b${found.slice(1)}`;
  const code = found.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\x${code.toString(16)}`;
};

/**
 * Makes every control character of a text visible, except tabs and harmless colour sequences (SGR). Cursor movement,
 * window titles, links, clipboard access and C1 controls then have no effect on a terminal, and no information is lost.
 * A carriage return before the line feed belongs to the line's end and is dropped; a carriage return within the line (a
 * progress bar) becomes U+240D.
 *
 * @param more true when the line continues after this text. A carriage return at the end of the text is then within the
 * line
 * @see https://ecma-international.org/publications-and-standards/standards/ecma-48/ section 8.3.117, SGR
 */
export const escapeControls = (text: string, more = false): string => {
  const line = !more && text.endsWith('\r') ? text.slice(0, -1) : text;
  return unsafe.test(line) ? line.replace(sequences, makeVisible) : line;
};
