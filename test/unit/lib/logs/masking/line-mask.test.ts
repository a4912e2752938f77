// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what this is about
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { createPemMask, pemLines } from '../../../../../lib/logs/masking/pem.ts';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { lookAlikes, secrets } from './secrets.ts';

const findSecrets = createSecretFinder([]);
const masked = (line: string, detector = findSecrets) => maskSpans(line, detector(line));
/** What is shown of one line's parts. */
const maskedParts = (texts: readonly string[], detector = findSecrets): string[] => {
  const shown: string[] = [];
  const mask = createLineMask<{ text: string; more: boolean }>(detector, ({ text }) => shown.push(text));
  for (const [at, text] of texts.entries()) mask.push({ text, more: at < texts.length - 1 });
  return shown;
};
const plain = (text: string) => text.replaceAll(/\u001b\[[0-9;]*m/g, '');

test('the corpus is large enough', () => {
  expect(secrets.length).toBeGreaterThanOrEqual(200);
  expect(new Set(secrets.map(({ line }) => line)).size).toBe(secrets.length);
  expect(lookAlikes.length).toBeGreaterThanOrEqual(200);
});

test.each(secrets)('masks $name', ({ secret, line }) => {
  const shown = plain(masked(line));
  expect(shown).toContain('[masked]');
  const run = plain(secret).slice(-8);
  expect(shown).not.toContain(run);
});

test.each(lookAlikes)('leaves %s', (line) => expect(masked(line)).toBe(line));

test.each(secrets)('$name is masked wherever a long line is cut', ({ secret, line }) => {
  const tail = plain(secret).slice(-8);
  for (let cut = 1; cut < line.length; cut += 3) {
    const shown = plain(maskedParts([line.slice(0, cut), line.slice(cut)]).join(''));
    expect(shown).not.toContain(tail);
  }
});

test('a secret longer than the overlap is masked as long as it runs on', () => {
  const token = `pypi-${'Ab3'.repeat(10_000)}`;
  const line = `x ${token} and then`;
  const shown = maskedParts([line.slice(0, 100), line.slice(100, 20_000), line.slice(20_000)]);
  expect(shown).toEqual(['x [masked]', '[masked]', '[masked] and then']);
});

test('a secret that begins in one part, far from the cut, is masked to its end', () => {
  const token = `pypi-${'Ab3'.repeat(4000)}`;
  const line = `x ${token} and ${'.'.repeat(9000)}`;
  const shown = maskedParts([line.slice(0, 11_900), line.slice(11_900)]).map((text) => text.slice(0, 20));
  expect(shown).toEqual(['x [masked]', '[masked] and .......']);
});

const known = ['correct-horse-battery', 'p@ss "word" (1)+$', 'line one of it\nline two of it', 'tiny'];

test('known values are found as they are, and encoded', () => {
  const detector = createSecretFinder(known);
  const [first = '', second = ''] = known;
  for (const text of [first, second, encodeURIComponent(second), JSON.stringify(second), 'line two of it']) {
    expect(masked(`a ${text} b`, detector)).toMatch(/^a "?\[masked\]"? b$/);
  }
  for (const user of ['u', 'us', 'use']) {
    const shown = masked(`x ${Buffer.from(`${user}:${first}`).toString('base64')} y`, detector);
    expect(Buffer.from(shown.replace(/[^A-Za-z0-9+/]/g, ''), 'base64').toString('latin1')).not.toContain('horse');
  }
  expect(masked('tiny words stay', detector)).toBe('tiny words stay');
});

test('secrets beside each other, overlapping and repeated', () => {
  const token = `ghp_${'aB3'.repeat(12)}`;
  expect(masked(`${token} ${token},https://u:${token}@h/`)).toBe('[masked] [masked],https://u:[masked]@h/');
});

test('colours within a secret go with it, those around it stay', () => {
  const token = `\u001b[1mghp_\u001b[0m${'aB3'.repeat(12)}`;
  expect(masked(`\u001b[32mok\u001b[0m ${token} \u001b[32mok\u001b[0m`)).toBe(
    '\u001b[32mok\u001b[0m \u001b[1m[masked] \u001b[32mok\u001b[0m',
  );
});

test('hostile lines end in time', () => {
  const pieces = [
    'eyJ',
    '://a:',
    'bearer ',
    'authorization: ',
    '-----BEGIN RSA PRIVATE KEY',
    '"token":"',
    'xox',
    'AKIA',
    'PASSWORD=',
    '\u001b[1m',
    '?token=',
    '--token ',
    'eyJ-',
  ];
  for (const piece of pieces) findSecrets(piece.repeat(Math.ceil(65_536 / piece.length)));
});

test('property: cut anywhere within, known values never show', () => {
  const [value = ''] = known;
  const detector = createSecretFinder(known);
  const filler = fc.integer({ min: 8192, max: 9000 }).map((length) => '. '.repeat(length / 2));
  fc.assert(
    fc.property(filler, filler, fc.nat(value.length), fc.nat(value.length), (a, b, first, second) => {
      const line = `${a}${value}${b}${value}${a}`;
      const places = [a.length + first, a.length + value.length + b.length + second];
      const parts = [0, ...places].map((from, at) => line.slice(from, places[at] ?? line.length));
      const shown = maskedParts(parts, detector);
      expect(shown).toHaveLength(parts.length);
      expect(shown.join('').replaceAll('[masked]', '')).toBe(a + b + a);
    }),
  );
});

const pem = (lines: readonly string[]) => {
  const mask = createPemMask();
  return lines.map((line) => mask.push(line));
};

test('a private key over several lines, with prefixes, and what is printed among them', () => {
  const body = 'TUlJRXZRSUJBREFOQmdrcWhraUc5dzBCQVFFRkFBU0NCS2N3Z2dTakFnRUFBb0lC';
  const lines = [
    'before',
    '#7 0.1 -----BEGIN OPENSSH PRIVATE KEY-----',
    `#7 0.1 ${body}`,
    'npm warn deprecated something@1.0.0',
    `   "${body}\\n",`,
    'Q0E9PQ==',
    '-----END OPENSSH PRIVATE KEY----- after',
    body,
  ];
  expect(pem(lines)).toEqual([
    'before',
    '#7 0.1 [masked]',
    '#7 0.1 [masked]',
    'npm warn deprecated something@1.0.0',
    '   "[masked]\\n",',
    '[masked]',
    '[masked] after',
    body,
  ]);
});

test('keys in one line, several of them, and one that begins behind one that ends', () => {
  const one = '-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----';
  expect(pem([`a ${one} b ${one} c`])).toEqual(['a [masked] b [masked] c']);
  expect(
    pem([
      '-----BEGIN PGP PRIVATE KEY BLOCK-----',
      '-----END PGP PRIVATE KEY BLOCK----- x -----BEGIN EC PRIVATE KEY----- y',
    ]),
  ).toEqual(['[masked]', '[masked] x [masked]']);
});

test('a key that never ends hides no more than its longest length', () => {
  const line = 'QUJD'.repeat(16);
  const shown = pem(['-----BEGIN PRIVATE KEY-----', ...Array<string>(pemLines + 1).fill(line)]);
  expect(shown.at(-2)).toBe('[masked]');
  expect(shown.at(-1)).toBe(line);
});
