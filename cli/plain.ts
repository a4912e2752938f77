// Text from a server goes to a terminal, which obeys control characters: they may move the cursor, rewrite what was
// printed, set the clipboard or the title. So they are shown, not sent.
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const SGR = /\u001b\[[0-9;:]{0,64}m/g;
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Characters without a glyph that reorder or break what is around them (bidirectional controls, line separators). */
const INVISIBLE = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(4, '0');

const show = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\u${hex(character)}`;
};

/** One line that a terminal prints as it is: control characters become visible ones (ESC is shown as ␛). */
export const neutral = (text: string): string =>
  text
    .replace(/[\r\n]+$/, '')
    .replace(CONTROLS, show)
    .replace(INVISIBLE, show);

/** As {@link neutral}, for text that may have several lines. */
export const neutralLines = (text: string): string[] => text.split(/\r?\n/).map(neutral);

/**
 * A line of a build's log. Its colours (SGR sequences) are kept when `colours`, and closed at its end; else dropped.
 * Any other control is shown.
 */
export const logLine = (text: string, colours: boolean): string => {
  const parts = text.split(SGR).map(neutral);
  if (!colours) return parts.join('');
  const codes = text.match(SGR) ?? [];
  const joined = parts.map((part, index) => part + (codes[index] ?? '')).join('');
  return codes.length === 0 ? joined : `${joined}\u001b[0m`;
};

/** JSON in ASCII only, as today's clients print it: nothing in it can be taken for a terminal's control. */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\u007f-\uffff]/g, (character) => `\\u${hex(character)}`);
