// Security: a terminal obeys control characters. In text from a server they could move the cursor, rewrite printed
// lines, or set the clipboard or the title. This file replaces control characters by visible ones.
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: this file replaces control characters
/** A colour sequence of a terminal (Select Graphic Rendition), for example ESC [ 31 m. */
const colourSequence = /\u001b\[[0-9;:]{0,64}m/g;
const controlCharacters = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Characters without a glyph that reorder or break the text around them: bidirectional controls, line separators. */
const invisibleCharacters = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: this file replaces control characters

const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(4, '0');

const visible = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\u${hex(character)}`;
};

/**
 * Returns a text as one line in which control characters are visible: ESC becomes ␛. Line breaks at the end are
 * dropped.
 */
export const printable = (text: string): string =>
  text
    .replace(/[\r\n]+$/, '')
    .replace(controlCharacters, visible)
    .replace(invisibleCharacters, visible);

/** Splits a text into lines, and makes the control characters in each line visible. */
export const printableLines = (text: string): string[] => text.split(/\r?\n/).map(printable);

/**
 * Returns a line of a build's log with visible control characters.
 * @param colours true keeps the line's colour sequences and resets the colour at its end; false drops them
 */
export const printableLogLine = (text: string, colours: boolean): string => {
  const parts = text.split(colourSequence).map(printable);
  if (!colours) return parts.join('');
  const sequences = text.match(colourSequence) ?? [];
  const joined = parts.map((part, index) => part + (sequences[index] ?? '')).join('');
  return sequences.length === 0 ? joined : `${joined}\u001b[0m`;
};

/**
 * Returns a value as JSON in ASCII, like the JSON of Toolforge's Python client. Security: no character of the JSON can
 * control a terminal.
 */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\u007f-\uffff]/g, (character) => `\\u${hex(character)}`);
