// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this module escapes control characters
import { colourPattern, isColour } from './colour.ts';

const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
const sequences = new RegExp(`${colourPattern}|${unsafe.source}`, 'g');

/** Code of the control character NEL, which ends a line. */
const nextLine = 0x85;

const makeVisible = (found: string): string => {
  if (found.length > 1) return isColour(found) ? found : `\u241b${found.slice(1)}`;
  const code = found.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return code === nextLine ? '\\x85' : `\u241b${String.fromCharCode(code - 0x40)}`;
};

/**
 * Makes every control character of a text visible, except tabs and harmless colour sequences (SGR). Cursor movement,
 * window titles, links, clipboard access and C1 controls then have no effect on a terminal. A C1 control is shown as the
 * escape sequence with the same effect.
 * A carriage return before the line feed belongs to the line's end and is dropped; a carriage return within the text
 * becomes U+240D. The line of a log has none: it is the last state of a progress bar (pod/line-splitter.ts).
 *
 * @param more true when the line continues after this text. A carriage return at the end of the text is then within the
 * line
 * @see https://ecma-international.org/publications-and-standards/standards/ecma-48/ section 8.3.117, SGR
 */
export const escapeControls = (text: string, more = false): string => {
  const line = !more && text.endsWith('\r') ? text.slice(0, -1) : text;
  return unsafe.test(line) ? line.replace(sequences, makeVisible) : line;
};
