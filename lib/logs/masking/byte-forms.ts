import { anyCase, escapePattern } from './spelling.ts';

/** Shortest base64 text that is masked as a part of a known secret, in characters. */
const minBase64Length = 7;

/** Widths at which programs fold base64, in characters. */
const foldWidths = [64, 76];

/** Limit for the lines of folded base64 that are masked one by one, for each width. */
const maxFolded = 64;

/**
 * Returns the base64 characters of bytes that do not depend on neighbouring bytes, for each of the three offsets at
 * which the bytes can stand in the encoded bytes.
 */
export const insideBase64 = (content: Uint8Array): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), content]);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });

const folded = (text: string): string[] =>
  foldWidths.flatMap((width) =>
    text.length <= width ? [] : (text.match(new RegExp(`.{7,${width}}`, 'g')) ?? []).slice(0, maxFolded),
  );

/**
 * Returns what is seen of a text in base64: of its bytes in UTF-8 and UTF-16, at any place, in the lines of folded
 * base64, and encoded twice.
 */
export const base64Forms = (text: string): string[] => {
  const bytes = Buffer.from(text);
  const forms = [
    ...insideBase64(bytes),
    ...insideBase64(Buffer.from(text, 'utf16le')),
    ...insideBase64(Buffer.from(insideBase64(bytes)[0] ?? '')),
    ...folded(bytes.toString('base64')),
  ];
  return forms.filter((form) => form.length >= minBase64Length);
};

/** Returns the source of a regular expression for base64 text in the alphabets of files and of URLs. */
export const base64Pattern = (text: string): string =>
  [...text]
    .map((character) => ({ '+': '(?:[+-]|%2[bB])', '/': '(?:[/_]|\\\\/|%2[fF])' })[character] ?? character)
    .join('');

/** How a program writes bytes one by one: each byte, and what stands between two bytes. */
type Dump = { write: (byte: number) => string; glue: string };

const hexTable = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hex = (byte: number): string => hexTable[byte] ?? '';

const dumps: readonly Dump[] = [
  ...['', ' ', ':', '-', ',', ', '].map((glue): Dump => ({ write: hex, glue })),
  ...[' ', ',', ', '].map((glue): Dump => ({ write: (byte) => `0x${hex(byte)}`, glue })),
  ...[' ', ',', ', '].map((glue): Dump => ({ write: String, glue })),
  ...['%', '=', '\\x', '\\\\x', '\\u00', '\\\\u00'].map(
    (before): Dump => ({ write: (byte) => `${before}${hex(byte)}`, glue: '' }),
  ),
  { write: (byte) => `\\${byte.toString(8).padStart(3, '0')}`, glue: '' },
  { write: (byte) => `&#${byte};`, glue: '' },
  { write: (byte) => `&#x${hex(byte)};`, glue: '' },
];

/** Returns bytes in pairs, as xxd and od print them. @param first number of bytes in the first group */
const paired = (bytes: readonly number[], first: number): string =>
  bytes.map((byte, at) => `${at > 0 && at % 2 === first % 2 ? ' ' : ''}${hex(byte)}`).join('');

/** Ways to print bytes one by one. */
const dumpers: readonly ((bytes: readonly number[]) => string)[] = [
  ...dumps.map(
    ({ write, glue }) =>
      (bytes: readonly number[]) =>
        bytes.map(write).join(glue),
  ),
  (bytes) => paired(bytes, 1),
  (bytes) => paired(bytes, 2),
];

/** Number of bytes at the start of printed bytes that are their keyword. */
const keywordBytes = 5;

/** A form of printed bytes: how it begins, and the source of a regular expression for all of it. */
type DumpForm = { keyword: string; source: () => string };

/**
 * Returns the forms in which programs print the bytes of a text one by one: hexadecimal, decimal or octal, with
 * separators, or escaped for a URL, a string or HTML although they are letters.
 */
export const dumpForms = (text: string): DumpForm[] => {
  const bytes = [...Buffer.from(text)];
  const first = bytes.slice(0, keywordBytes);
  return dumpers.map((dump) => ({ keyword: dump(first), source: () => anyCase(escapePattern(dump(bytes))) }));
};
