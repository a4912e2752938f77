import { codeOf, encodingsOf, unitsOf } from './encodings.ts';

/** Escapes the characters of a text that have a meaning in regular expressions. */
export const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Returns the source of a regular expression for a text with letters in both cases. */
export const anyCase = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);

/** Names of characters in HTML. */
const entities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** Letters with which JSON, C and shells escape control characters. */
const controlLetters: Readonly<Record<string, string>> = {
  ...{ '\n': 'n', '\t': 't', '\r': 'r', '\b': 'b', '\f': 'f', '\v': 'v' },
  ...{ '\u0007': 'a', '\u001b': 'e', '\0': '0' },
};

const hex = (code: number, digits: number): string => anyCase(code.toString(16).padStart(digits, '0'));
const bytesOf = (character: string): number[] => [...Buffer.from(character)];

/** Returns the source of a regular expression for a character's UTF-8 bytes in a URL, also if they are encoded twice. */
const percentPattern = (character: string): string =>
  bytesOf(character)
    .map((byte) => `%(?:25){0,2}${hex(byte, 2)}`)
    .join('');

/** Returns the source of a regular expression for a character's UTF-8 bytes in quoted-printable. */
const quotedPrintable = (character: string): string =>
  bytesOf(character)
    .map((byte) => `=${hex(byte, 2)}`)
    .join('');

/** Joins the escapes of bytes or UTF-16 units. Strings within strings have more backslashes. */
const escapes = (codes: readonly number[], form: (code: number) => string): string =>
  codes.map((code) => `\\\\{1,4}${form(code)}`).join('');

/**
 * Returns the sources of regular expressions for a character that is escaped by its code: in JSON, JavaScript, Python,
 * C, shells (octal) and LDAP (two digits alone).
 */
const escapedPatterns = (character: string): string[] => {
  const code = codeOf(character);
  const bytes = bytesOf(character);
  return [
    escapes(unitsOf(character), (unit) => `u${hex(unit, 4)}`),
    escapes(
      [code],
      () => `(?:u\\{0{0,4}${hex(code, 1)}\\}|U${hex(code, 8)}${code < 0x100 ? `|x${hex(code, 2)}` : ''})`,
    ),
    escapes(bytes, (byte) => `(?:x?${hex(byte, 2)}|0?${byte.toString(8).padStart(3, '0')})`),
    code < 0x100
      ? `%${hex(code, 2)}`
      : unitsOf(character)
          .map((unit) => `%u${hex(unit, 4)}`)
          .join(''),
  ];
};

/** Returns the source of a regular expression for a character in HTML, also if it is encoded several times. */
const entityPattern = (character: string): string => {
  const code = codeOf(character);
  const name = code < 0x80 ? entities[character] : '[A-Za-z]{2,8}';
  return `&(?:[aA][mM][pP];){0,2}(?:#0{0,4}${code}|#[xX]0{0,4}${hex(code, 1)}${name ? `|${name}` : ''});`;
};

/** Returns the source of a regular expression for a control character that is escaped by a letter. */
const controlPatterns = (character: string): string[] => {
  const letter = controlLetters[character];
  const code = codeOf(character);
  const patterns = letter ? [`${character === '\n' ? '(?:\\\\{1,4}r|%0[dD])?' : ''}\\\\{1,4}${letter}`] : [];
  if (character === '\n') patterns.push('%0[dD]%0[aA]', '\u240d?\\s');
  // The control picture is what control-characters.ts shows.
  return code < 0x20 ? [...patterns, String.fromCharCode(0x2400 + code)] : patterns;
};

/** Signs that are written twice where a single sign has a meaning: in Compose, Make, format strings, SQL and CSV. */
const doubled: Readonly<Record<string, string>> = {
  ...{ $: '\\\\{0,4}\\$\\\\{0,4}\\$', '%': '%%', '"': '""', '{': '\\{\\{', '}': '\\}\\}' },
  "'": "'(?:\\\\|\"){1,2}'(?:\"?'){1,2}|''",
};

/** Returns the source of a regular expression for a character that shells, JSON, URLs or HTML may encode. */
const specialPattern = (character: string): string => {
  // An encoded form comes before the character itself, because a percent sign begins its own encoded form.
  const forms = [
    percentPattern(character),
    ...escapedPatterns(character),
    entityPattern(character),
    quotedPrintable(character),
    ...controlPatterns(character),
  ];
  if (character === ' ') forms.push('[+_\u00a0]');
  if (character === '\\') forms.push('\\\\{2,8}');
  const twice = doubled[character];
  if (twice) forms.unshift(twice);
  return `(?:${[...forms, `\\\\{0,4}${escapePattern(character)}`].join('|')})`;
};

const isAlphanumeric = (character: string): boolean => /^[A-Za-z0-9]$/.test(character);

/** Matches a place where the same marks can be read as different characters of a text. */
const ambiguousPlace = /\\(?=[^A-Za-z0-9])|([$%{}])(?=\1)|['"](?=['"\\])/g;

/**
 * Says whether a text has several ambiguous places, because one backslash, quotation mark or other sign can be written
 * as several. The time of a search would double with each of these places.
 */
const isAmbiguous = (text: string): boolean => (text.match(ambiguousPlace) ?? []).length > 2;

/** Returns the source of a regular expression for an encoded text. A line feed of the text can be any space in a log. */
const literalPattern = (text: string): string => escapePattern(text).replaceAll('\n', '\\s');

/** Returns the source of a regular expression for a text as programs write it, in all encodings, also mixed. */
export const textPattern = (text: string): string =>
  isAmbiguous(text)
    ? encodingsOf(text).map(literalPattern).join('|')
    : [...text].map((character) => (isAlphanumeric(character) ? character : specialPattern(character))).join('');
