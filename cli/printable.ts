// Security: a terminal obeys control characters, and does not show invisible ones. Text from a server could move the
// cursor, rewrite or hide printed lines, look like another text, or set the clipboard or the title. This file replaces
// such characters by visible ones.
import { colourPattern, isColour } from '../lib/logs/masking/colour.ts';

const colourSequence = new RegExp(colourPattern, 'g');

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: this file replaces control characters
/** Text that needs no further look. Nearly all text is of this kind, and the test takes little time. */
const ordinary = /^[\t\x20-\x7e]*$/;
const ordinaryLines = /^[\t\n\x20-\x7e]*$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: this file replaces control characters

/** Scripts whose letters change their shape where U+200C or U+200D stands between them. */
const joiningScripts = ['Arab', 'Syrc', 'Nkoo', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda']
  .concat(['Mlym', 'Sinh', 'Tibt', 'Mymr', 'Khmr'])
  .map((script) => `\\p{Script=${script}}`)
  .join('');

/** An emoji with its presentation selector or skin colour. */
const emoji = '\\p{Extended_Pictographic}(?:[\\ufe0e\\ufe0f]|\\p{Emoji_Modifier})?';

/** Uses of invisible characters that change what a reader sees: emoji, keycaps and letters of joining scripts. */
const visibleUses = [
  `${emoji}(?:\\u200d${emoji})*`,
  '[0-9#*]\\ufe0f\\u20e3',
  `(?<=[${joiningScripts}])(?<!\\p{DI})[\\u200c\\u200d](?!\\p{DI})(?=[${joiningScripts}])`,
];

/**
 * Characters that are not shown as themselves: control characters except the tab, bidirectional controls, line
 * separators, lone surrogates, noncharacters, and characters that Unicode calls default ignorable or format characters
 * of annotations.
 */
const hidden = '(?!\\t)[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\p{NChar}\\p{Bidi_C}\\ufff9-\\ufffb]';

const hiddenCharacter = new RegExp(hidden, 'u');
const special = new RegExp(`${visibleUses.join('|')}|(?<hidden>${hidden})`, 'gu');

const hex = (code: number) => code.toString(16).padStart(4, '0');

const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return code > 0xffff ? `\\u{${hex(code)}}` : `\\u${hex(code)}`;
};

const shownOrVisible = (found: string, hiddenOne: string | undefined): string =>
  hiddenOne === undefined ? found : visible(hiddenOne);

// Most text that is not ASCII has no hidden character either, and the test takes a fraction of the replacement's time.
const withVisibleCharacters = (text: string): string =>
  hiddenCharacter.test(text) ? text.replace(special, shownOrVisible) : text;

/** Returns a text without the line breaks at its end. */
const withoutFinalBreaks = (text: string): string => {
  let end = text.length;
  while (end > 0 && '\r\n'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};

/**
 * Returns a text as one line in which control characters and invisible characters are visible: ESC becomes ␛. Line
 * breaks at the end are dropped.
 */
export const printable = (text: string): string =>
  ordinary.test(text) ? text : withVisibleCharacters(withoutFinalBreaks(text));

/** Splits a text into lines, and makes the control characters in each line visible. */
export const printableLines = (text: string): string[] => text.split(/\r?\n/).map(printable);

/** Makes the text around colour sequences safe, and keeps those colour sequences for which `keep` returns true. */
const aroundColours = (text: string, safe: (part: string) => string, keep: (sequence: string) => boolean): string => {
  const sequences = text.match(colourSequence) ?? [];
  const parts = text.split(colourSequence).map(safe);
  return parts.map((part, at) => part + (sequences[at] && keep(sequences[at]) ? sequences[at] : '')).join('');
};

/**
 * Returns a line of a build's log with visible control characters. Sequences that hide text or let it blink are dropped.
 * @param colours true keeps the line's colours and resets them at its end; false drops them
 */
export const printableLogLine = (text: string, colours: boolean): string => {
  if (ordinary.test(text)) return text;
  const line = aroundColours(text, printable, (sequence) => colours && isColour(sequence));
  return colours && line.includes('\u001b') ? `${line}\u001b[0m` : line;
};

/**
 * Returns a text of one or several lines as the terminal may get it: with line feeds and colours, and without any other
 * control character. Security: every text passes through this function last, so that a text of a server does no harm
 * where a command forgets `printable`.
 */
export const printableOutput = (text: string): string => {
  if (ordinaryLines.test(text)) return text;
  const safe = (part: string) => part.split('\n').map(withVisibleCharacters).join('\n');
  return aroundColours(text, safe, isColour);
};

/**
 * Returns a value as JSON in ASCII, like the JSON of Toolforge's Python client. Programs read the value unchanged.
 * Security: no character of the JSON can control a terminal.
 */
export const asciiJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
