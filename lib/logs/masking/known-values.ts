import { encodingsOf } from './encodings.ts';
import type { Matcher } from './rules/secret-rule.ts';

/** Shortest known secret that is masked by its value, in characters. A shorter value would mask ordinary words. */
const minValueLength = 6;

/** Shortest base64 text that is masked as a part of a known secret, in characters. */
const minBase64Length = 7;

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Names of characters in HTML. */
const entities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** Returns the source of a regular expression for a text's UTF-8 bytes in a URL, also if they are encoded twice. */
const percentPattern = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%(?:25){0,2}${anyCase(hex(byte, 2))}`).join('');

const anyCase = (text: string): string => text.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

const unicodePattern = (text: string): string =>
  [...Array(text.length).keys()].map((at) => `\\\\{1,4}u${anyCase(hex(text.charCodeAt(at), 4))}`).join('');

/**
 * Returns the sources of regular expressions for a character that is not ASCII, as shells (octal) and Python (hexadecimal)
 * print its bytes, and as Python prints its code.
 */
const escapedPatterns = (character: string): string[] => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return [];
  const bytes = [...Buffer.from(character)];
  return [
    bytes.map((byte) => `\\\\{1,4}${byte.toString(8)}`).join(''),
    bytes.map((byte) => `\\\\{1,4}x${anyCase(hex(byte, 2))}`).join(''),
    code < 0x100 ? `\\\\{1,4}x${anyCase(hex(code, 2))}` : `\\\\{1,4}U${anyCase(hex(code, 8))}`,
  ];
};

const entityPattern = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const name = entities[character];
  return `&(?:#0{0,3}${code}|#[xX]0{0,3}${anyCase(hex(code, 1))}${name ? `|${name}` : ''});`;
};

/** Returns the source of a regular expression for a character that shells, JSON, URLs or HTML may encode. */
const specialPattern = (character: string): string => {
  // An encoded form comes before the character itself, because a percent sign begins its own encoded form.
  const forms = [
    percentPattern(character),
    unicodePattern(character),
    entityPattern(character),
    ...escapedPatterns(character),
  ];
  if (character === ' ') forms.push('\\+');
  if (character === '\\') forms.push('\\\\{2,8}');
  if (character === "'") forms.unshift("'(?:\\\\|\"){1,2}'(?:\"?'){1,2}", "''");
  if (character === '"') forms.unshift('""');
  if (character === '\n') forms.push('\\\\{1,4}n');
  if (character === '\t') forms.push('\\\\{1,4}t');
  return `(?:${[...forms, `\\\\{0,4}${character === '\n' ? '\\s' : escapePattern(character)}`].join('|')})`;
};

const isAlphanumeric = (character: string): boolean => /^[A-Za-z0-9]$/.test(character);

/**
 * Says whether a text has several places where the same marks can be read as different characters of the text, because
 * one backslash or quotation mark can be written as several. The time of a search would double with each of these places.
 */
const isAmbiguous = (text: string): boolean => (text.match(/[\\'"](?=[^A-Za-z0-9])/g) ?? []).length > 2;

/** Returns the source of a regular expression for a text in all encodings of specialPattern, also mixed. */
const textPattern = (text: string): string =>
  isAmbiguous(text)
    ? encodingsOf(text).map(literalPattern).join('|')
    : [...text].map((character) => (isAlphanumeric(character) ? character : specialPattern(character))).join('');

/** Returns the source of a regular expression for an encoded text. A line feed of the text can be any space in a log. */
const literalPattern = (text: string): string => escapePattern(text).replaceAll('\n', '\\s');

/** Returns the longest run of letters and digits in a text, which no encoding changes. */
const longestRun = (text: string): string =>
  (text.match(/[A-Za-z0-9]+/g) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '');

/**
 * Returns the base64 characters of a text that do not depend on neighbouring bytes, for each of the three offsets at
 * which the text can stand in the encoded bytes.
 */
const insideBase64 = (value: string): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), whole);
  });

/** Returns the source of a regular expression for base64 text in the alphabets of files and of URLs. */
const base64Pattern = (text: string): string =>
  [...text]
    .map((character) => ({ '+': '(?:[+-]|%2[bB])', '/': '(?:[/_]|\\\\/|%2[fF])' })[character] ?? character)
    .join('');

/**
 * Longest part of a known secret in one regular expression, in characters. A regular expression for a long secret would
 * be too large. A longer secret is masked part by part.
 */
const maxPart = 256;

/** Cuts a text into parts of nearly the same length, never within a surrogate pair. */
const partsOf = (text: string): string[] => {
  const characters = [...text];
  const count = Math.ceil(characters.length / maxPart);
  const length = Math.ceil(characters.length / count);
  return Array.from({ length: count }, (_, at) => characters.slice(at * length, (at + 1) * length).join(''));
};

/** Makes a matcher for one form of a known secret. Without a run of three letters or digits there is no keyword. */
const matcherOf = (text: string, source: string): Matcher[] => {
  const run = longestRun(text);
  if (run.length >= 3) return [{ keywords: [run], pattern: new RegExp(source, 'gd') }];
  return [{ keywords: encodingsOf(text), pattern: new RegExp(source, 'gd') }];
};

/** Limit for the lines of known secrets that are masked one by one. More lines would make a search slow. */
const maxLines = 100;

/** Returns the lines of the values that have several lines. */
const linesOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => (value.includes('\n') ? value.split('\n').map((line) => line.trim()) : []));

/**
 * Makes matchers for known secrets, such as the registry's password. A secret is found as it is, line by line if it has
 * several lines, and as shells, URLs, JSON, HTML and base64 encode it. Values of less than 6 characters are left out.
 */
export const knownValues = (given: readonly string[]): Matcher[] => {
  const isLong = (text: string): boolean => text.length >= minValueLength;
  const values = [...new Set(given.map((value) => value.replaceAll('\r\n', '\n').trim()))].filter(isLong);
  const lines = [...new Set(linesOf(values))].filter(isLong).slice(0, maxLines);
  const encoded = values
    .flatMap(insideBase64)
    .filter((form) => form.length >= minBase64Length)
    .flatMap(partsOf);
  return [
    ...[...values, ...lines].flatMap(partsOf).flatMap((text) => matcherOf(text, textPattern(text))),
    ...encoded.flatMap((form) => matcherOf(form, base64Pattern(form))),
  ];
};
