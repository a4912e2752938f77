import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { maskSpans, withKnownValues } from '../../../../../lib/logs/masking/secret-finder.ts';

const masked = (line: string, value: string): string => {
  const text = escapeControls(line);
  return maskSpans(text, withKnownValues(() => [], [value])(text));
};

const hex = (code: number, digits = 2): string => code.toString(16).padStart(digits, '0');
const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const isSpecial = (byte: number): boolean => !/[A-Za-z0-9]/.test(String.fromCharCode(byte));

/** Writes the bytes of a text that are neither letters nor digits. */
const specialBytes = (write: (byte: number) => string) => (text: string) =>
  bytesOf(text)
    .map((byte) => (isSpecial(byte) ? write(byte) : String.fromCharCode(byte)))
    .join('');

const allBytes =
  (write: (byte: number) => string, glue = '') =>
  (text: string) =>
    bytesOf(text)
      .map((byte) => write(byte))
      .join(glue);

const units =
  (write: (unit: number) => string, which: RegExp = /[^A-Za-z0-9]/) =>
  (text: string) =>
    text
      .split('')
      .map((character) => (which.test(character) ? write(character.charCodeAt(0)) : character))
      .join('');

const encodings: readonly (readonly [string, (text: string) => string])[] = [
  ['with the escapes of C and Python', specialBytes((byte) => `\\x${hex(byte)}`)],
  ['with octal escapes', specialBytes((byte) => `\\${byte.toString(8).padStart(3, '0')}`)],
  ['with the escapes of JavaScript', units((unit) => `\\u${hex(unit, 4)}`)],
  ['with escapes in capitals', units((unit) => `\\u${hex(unit, 4).toUpperCase()}`)],
  ['with escapes in a string in a string', units((unit) => `\\\\u${hex(unit, 4)}`)],
  [
    'with the escapes of Rust',
    (text) => text.replace(/[^A-Za-z0-9]/gu, (c) => `\\u{${hex(c.codePointAt(0) ?? 0, 1)}}`),
  ],
  ['with the escapes of old JavaScript', units((unit) => (unit < 256 ? `%${hex(unit)}` : `%u${hex(unit, 4)}`))],
  ['with the escapes of LDAP', specialBytes((byte) => `\\${hex(byte)}`)],
  ['in quoted-printable', specialBytes((byte) => `=${hex(byte).toUpperCase()}`)],
  ['in the header of a message', (text) => specialBytes((byte) => (byte === 32 ? '_' : `=${hex(byte)}`))(text)],
  ['encoded for a URL in lower case', specialBytes((byte) => `%${hex(byte)}`)],
  ['encoded for a URL with its letters', allBytes((byte) => `%${hex(byte).toUpperCase()}`)],
  ['in HTML with decimal codes', (text) => text.replace(/[^A-Za-z0-9]/gu, (c) => `&#${c.codePointAt(0)};`)],
  [
    'in HTML with hexadecimal codes',
    (text) => text.replace(/[^A-Za-z0-9]/gu, (c) => `&#x${hex(c.codePointAt(0) ?? 0)};`),
  ],
  ['in HTML in HTML', (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('&', '&amp;')],
  ['for Compose and Make', (text) => text.replaceAll('$', '$$$$')],
  ['for a format string', (text) => text.replaceAll('%', '%%')],
  ['in CSV', (text) => text.replaceAll('"', '""')],
  ['in single quotes of a shell', (text) => text.replaceAll("'", "'\\''")],
  ['in double quotes of a shell', (text) => text.replace(/["$\\`]/g, '\\$&')],
  ['in double quotes of a shell in JSON', (text) => JSON.stringify(text.replace(/["$\\`]/g, '\\$&')).slice(1, -1)],
  ['in hexadecimal', allBytes(hex)],
  ['in hexadecimal capitals', allBytes((byte) => hex(byte).toUpperCase())],
  ['in hexadecimal with colons', allBytes(hex, ':')],
  ['as Node.js prints a Buffer', allBytes(hex, ' ')],
  [
    'as xxd prints it',
    (text) =>
      Buffer.from(text)
        .toString('hex')
        .replace(/.{4}(?=.)/g, '$& '),
  ],
  ['as an array of C', allBytes((byte) => `0x${hex(byte)}`, ', ')],
  ['as Go prints bytes', allBytes(String, ' ')],
  ['as JSON has bytes', allBytes(String, ',')],
  ['as Python prints a list of bytes', allBytes(String, ', ')],
  ['in escapes with its letters', allBytes((byte) => `\\x${hex(byte)}`)],
  [
    'in base64 twice',
    (text) => Buffer.from(Buffer.from(text).toString('base64').replace(/=+$/, '')).toString('base64'),
  ],
];

const ascii = 'p@$$ "w0rd"/x%y it\'s;1';
const other = 'grün-😀-Käse$9 x';

describe.each([ascii, other, 'Tr0ub4dor&3', 'aB3dE6gH9aB3dE6gH9', 'k#9$Q!x2&Z"w'])(
  'the value %s is masked',
  (value) => {
    test.each(encodings)('%s', (_, encode) => {
      const shown = masked(`a ${encode(value)} b`, value);
      expect(shown).toMatch(/^a \[masked\][A-Za-z0-9+/=]{0,4} b$/);
    });
  },
);

test.each([ascii, other, 'Tr0ub4dor&3'])('the value %s is masked in base64 of UTF-16, wherever it stands', (value) => {
  for (const before of ['', 'a', 'ab', '$env:P="']) {
    const text = Buffer.from(`${before}${value};`, 'utf16le').toString('base64');
    const left = masked(text, value).replace('[masked]', '');
    expect(left.length).toBeLessThanOrEqual(text.length - Math.floor((value.length * 2 * 8) / 6) + 3);
  }
});

test.each([
  ['composed letters', 'Käse-Brücke-9'.normalize('NFC')],
  ['letters and their marks', 'Käse-Brücke-9'.normalize('NFD')],
])('a value with %s is masked also if a program has normalized it', (_, value) => {
  for (const form of ['NFC', 'NFD']) expect(masked(`a ${value.normalize(form)} b`, value)).toBe('a [masked] b');
});

test.each([
  ['question marks', 'K?se-Br?cke-9'],
  ['question marks for each byte', 'K??se-Br??cke-9'],
  ['replacement characters', 'K\ufffdse-Br\ufffdcke-9'],
  ['nothing', 'Kse-Brcke-9'],
  ['Latin-1', 'KÃ¤se-BrÃ¼cke-9'],
  ['names of HTML', 'K&auml;se-Br&uuml;cke-9'],
])('a value is masked if a program prints %s for its other letters', (_, text) =>
  expect(masked(`a ${text} b`, 'Käse-Brücke-9')).toBe('a [masked] b'),
);

test.each(['ab\u0007cd\u001b[31mef9', 'ab\rcd\bef9x', 'ab\u0085cdef9', 'ab\u200bcdef9', 'line one\r\nline two'])(
  'a value with control characters or invisible ones is masked as the service shows it: %j',
  (value) => {
    expect(masked(`a ${value.replaceAll('\r\n', ' ')} b`, value)).toBe('a [masked] b');
    expect(masked(`a ${JSON.stringify(value).slice(1, -1)} b`, value)).toBe('a [masked] b');
  },
);

test.each([64, 76])('a long value is masked in base64 that is folded at %i characters', (width) => {
  const value = Array.from({ length: 60 }, (_, at) => `word-${at * 7}`).join('/');
  const lines =
    Buffer.from(value)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines.slice(0, -1)) expect(masked(line, value)).toBe('[masked]');
});

test('words that are not the value stay, also as bytes', () => {
  for (const line of ['true 8080 [116 114 117 101]', '68 65 6c 6c 6f 20', 'correct horse', '?????????', 'Y29ycmVjdA=='])
    for (const value of ['true', '8080', 'correct-horse', 'äöüäöü9'])
      expect({ value, shown: masked(line, value) }).toEqual({ value, shown: line });
});

test('property: any value is masked in every encoding', () => {
  const characters = fc.constantFrom(...'aZ09$%&\'"\\/<>=+-_.:;,(){}[]!?*#@^`| ~äß€😀');
  const values = fc
    .tuple(fc.constantFrom('abc1', 'Xy9', 'a'), fc.array(characters, { minLength: 5, maxLength: 12 }))
    .map(([start, rest]) => `${start}${rest.join('')}7q`)
    .filter((value) => (value.match(/\\(?=[^A-Za-z0-9])|['"$%{}](?=['"$%{}\\])/g) ?? []).length <= 2);
  fc.assert(
    fc.property(values, fc.constantFrom(...encodings), (value, [, encode]) => {
      expect(masked(`« ${encode(value)} »`, value)).toMatch(/^« \[masked\][A-Za-z0-9+/=]{0,4} »$/);
    }),
    { numRuns: 400 },
  );
});
