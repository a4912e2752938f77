// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what this is about
import { colourPattern } from './colour.ts';

const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
const sequences = new RegExp(`${colourPattern}|${unsafe.source}`, 'g');

/** Underlined, bold, reversed and the colours. Not 8, which hides text, nor blinking and other fonts. */
const isHarmless = (parameter: number): boolean =>
  parameter <= 4 ||
  parameter === 7 ||
  (parameter >= 21 && parameter <= 24) ||
  parameter === 27 ||
  (parameter >= 30 && parameter <= 49) ||
  (parameter >= 90 && parameter <= 107);

/** How many parameters an extended colour takes, itself included. */
const taken = (parameters: readonly string[], at: number): number => {
  if (!['38', '48', '58'].includes(parameters[at] ?? '')) return 1;
  return { 2: 5, 5: 3 }[parameters[at + 1] ?? ''] ?? 1;
};

const isColour = (sequence: string): boolean => {
  const parameters = sequence.slice(2, -1).split(';');
  for (let at = 0; at < parameters.length; at += taken(parameters, at)) {
    const first = Number(parameters[at]?.split(':')[0]);
    if (!isHarmless(first) && first !== 58 && first !== 59) return false;
  }
  return true;
};

const visible = (found: string): string => {
  if (found.length > 1) return isColour(found) ? found : `\u241b${found.slice(1)}`;
  const code = found.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\x${code.toString(16)}`;
};

/**
 * Lets colours (SGR, without what hides text) and tabs pass and makes every other control character visible: cursor movement, titles, links,
 * clipboard and C1 controls can do nothing then, and nothing is lost. A carriage return before the line feed is part of
 * the line's end; one within the line (a progress bar) shows as U+240D.
 *
 * @param more the line goes on after this text, so a carriage return at its end is within the line
 * @see https://ecma-international.org/publications-and-standards/standards/ecma-48/ 8.3.117 SGR
 */
export const escapeControls = (text: string, more = false): string => {
  const line = !more && text.endsWith('\r') ? text.slice(0, -1) : text;
  return unsafe.test(line) ? line.replace(sequences, visible) : line;
};
