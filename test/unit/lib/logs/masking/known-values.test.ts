import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { removeInvisible } from '../../../../../lib/logs/masking/invisible.ts';
import { createSecretFinder, maskSpans, withKnownValues } from '../../../../../lib/logs/masking/secret-finder.ts';

const noForms = () => [];
const masked = (text: string, values: readonly string[]): string =>
  maskSpans(text, withKnownValues(noForms, values)(text));

const value = `p@ss "w0rd/x" it's (1)+$<é>&\\`;

/** Encodes every character but letters and digits in the way of URLs. */
const percent = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');

const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const ascii = (text: string): string =>
  text.replace(/[^ -~]|[<>&]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const json = JSON.stringify(value).slice(1, -1);
const encodings: [string, string][] = [
  ['as it is', value],
  ['encoded for a URL', encodeURIComponent(value)],
  ['encoded for a URL in lower case', percent(value)],
  ['encoded for a form', new URLSearchParams({ v: value }).toString().slice(2)],
  ['encoded twice for a URL', encodeURIComponent(encodeURIComponent(value))],
  ['encoded for a URL but for its reserved characters', encodeURI(value)],
  ['in JSON', json],
  ['in JSON of ASCII', ascii(json)],
  ['in JSON with escaped slashes', json.replaceAll('/', '\\/')],
  ['in JSON in JSON', JSON.stringify(json).slice(1, -1)],
  ['in HTML', html(value)],
  ['in single quotes of a shell', value.replaceAll("'", "'\\''")],
  ['in single quotes of a shell, joined by double quotes', value.replaceAll("'", `'"'"'`)],
  ['in double quotes of a shell', value.replace(/["$\\`]/g, '\\$&')],
  ['escaped for a shell', value.replace(/[^A-Za-z0-9é]/g, '\\$&')],
  ['in SQL', value.replaceAll("'", "''")],
];

describe('a known secret is masked', () => {
  test.each(encodings)('%s', (_, encoded) => expect(masked(`a ${encoded} b`, [value])).toBe('a [masked] b'));

  test.each([
    ['octal bytes, as shells print them', 'gr\\303\\274n-\\360\\237\\230\\200-k\\303\\244se'],
    ['hexadecimal bytes, as Python prints them', 'gr\\xc3\\xbcn-\\xf0\\x9f\\x98\\x80-k\\xc3\\xa4se'],
    ['codes, as Python prints them', 'gr\\xfcn-\\U0001f600-k\\xe4se'],
  ])('with other letters as %s', (_, encoded) => {
    expect(masked(`a ${encoded} b`, ['grün-😀-käse'])).toBe('a [masked] b');
    expect(masked(`a word${encoded} b`, ['wordgrün-😀-käse'])).toBe('a [masked] b');
  });

  test.each([
    [`k#9$Q!x2&Z"w'7`, `k#9\\$Q\\!x2\\&Z\\"w\\'7`],
    [`k#9$Q!x2&Z"w'7`, `k#9$Q!x2&Z"w\\'7`],
    [`k#9$Q!x2&Z"w'7`, `k#9$Q!x2&amp;Z&quot;w&#x27;7`],
    [`k#9$Q!x2&Z"w'7`, `k#9$Q!x2&amp;Z&#34;w&#39;7`],
    [`k#9$Q!x2&Z"w'7`, `k%239%24Q%21x2%26Z%22w%277`],
    [`k#9$Q!x2&Z"w'7`, `k#9$Q!x2&Z"w'"'"'7`],
    ['p%ss+wo/rd=9', 'p%25ss%2Bwo/rd%3D9'],
    ['p%ss+wo/rd=9', 'p%25ss%2Bwo%2Frd%3D9'],
    [`\\"\\"\\"\\"abc`, JSON.stringify(`\\"\\"\\"\\"abc`).slice(1, -1)],
    [`${"'".repeat(8)}abc`, `\\'\\'\\'\\'\\'\\'\\'\\'abc`],
  ])('%s without long words or with many quotation marks, as %s', (secret, encoded) =>
    expect(masked(`a ${encoded} b`, [secret])).toBe('a [masked] b'),
  );

  test.each(['', 'u', 'us', 'use', 'user'])('in base64 after %j, in the alphabets of files and URLs', (before) => {
    for (const encoding of ['base64', 'base64url'] as const)
      for (const secret of ['correct-horse', '???>>>~~~', 'hunter2']) {
        const text = Buffer.from(`${before}:${secret}`).toString(encoding);
        const shown = masked(`x ${text} y`, [secret]);
        expect(shown).toContain('[masked]');
        const left = Buffer.from(shown.replaceAll('[masked]', '').slice(2, -2), 'base64').toString('latin1');
        expect(left).not.toContain(secret.slice(2, 6));
      }
  });

  test('line by line and as one text, if the secret has several lines', () => {
    const lines = 'first line\nsecond line';
    expect(masked('x second line', [lines])).toBe('x [masked]');
    expect(masked(JSON.stringify({ key: lines }), [lines])).toBe('{"key":"[masked]"}');
  });

  test('also if it is as long as all environment variables of a build may be', () => {
    const long = Array.from({ length: 1200 }, (_, at) => `!"$%&/()${at}\n`)
      .join('')
      .trim();
    const shown = masked(`a ${JSON.stringify(long)} b`, [long]);
    expect(shown).toBe('a "[masked]" b');
    expect(masked(`a ${encodeURIComponent(long)} b`, [long])).toBe('a [masked] b');
    const words = Array.from({ length: 2000 }, (_, at) => `word${at}`).join(' ');
    expect(masked(`a ${Buffer.from(words).toString('base64')} b`, [words])).toMatch(
      /^a \[masked\][A-Za-z0-9+/=]{0,4} b$/,
    );
  });

  test('with colours in it', () =>
    expect(masked('a correct\u001b[1m-horse b', ['correct-horse'])).toBe('a [masked] b'));
});

test('values of less than six characters and empty values mask nothing', () => {
  expect(withKnownValues(noForms, ['', 'tiny', '   '])).toBe(noForms);
  expect(masked('tiny words', ['tiny', ''])).toBe('tiny words');
});

test('property: any known secret is masked as it is, in a URL, in JSON and in base64', () => {
  const secret = fc
    .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
    .filter(
      (text) => text.trim().length >= 6 && text === text.trim() && removeInvisible(escapeControls(text)).plain === text,
    );
  fc.assert(
    fc.property(secret, (text) => {
      const finder = createSecretFinder([text]);
      for (const form of [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]) {
        const line = `«${form}»`;
        expect(maskSpans(line, finder(line))).toBe('«[masked]»');
      }
      const line = `«${Buffer.from(text).toString('base64')}»`;
      expect(maskSpans(line, finder(line))).toMatch(/^«\[masked\][A-Za-z0-9+/=]{0,4}»$/);
    }),
    { numRuns: 300 },
  );
});
