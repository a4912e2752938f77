// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the tests are about terminal colours
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { lookAlikes } from './look-alikes.ts';
import { secrets } from './secrets.ts';

const findSecrets = createSecretFinder([]);
const masked = (line: string, finder = findSecrets) => maskSpans(line, finder(line));
/** Masks the secrets of a line that comes in parts, and returns the masked parts. */
const maskedParts = (texts: readonly string[], finder = findSecrets): string[] => {
  const shown: string[] = [];
  const mask = createLineMask<{ text: string; more: boolean }>(finder, ({ text }) => shown.push(text));
  for (const [at, text] of texts.entries()) mask.push({ text, more: at < texts.length - 1 });
  return shown;
};
const plain = (text: string) => text.replaceAll(/\u001b\[[0-9;]*m/g, '');

test('the corpus has 200 different secrets and 200 look-alikes', () => {
  expect(secrets.length).toBeGreaterThanOrEqual(200);
  expect(new Set(secrets.map(({ line }) => line)).size).toBe(secrets.length);
  expect(lookAlikes.length).toBeGreaterThanOrEqual(200);
});

test.each(secrets)('the secret finder masks $name', ({ secret, line }) => {
  const shown = plain(masked(line));
  expect(shown).toContain('[masked]');
  const run = plain(secret).slice(-8);
  expect(shown).not.toContain(run);
});

test.each(lookAlikes)('the secret finder leaves %s', (line) => expect(masked(line)).toBe(line));

test.each(secrets)('the line mask masks $name wherever a long line is cut', ({ secret, line }) => {
  const tail = plain(secret).slice(-8);
  for (let cut = 1; cut < line.length; cut += 3) {
    const shown = plain(maskedParts([line.slice(0, cut), line.slice(cut)]).join(''));
    expect(shown).not.toContain(tail);
  }
});

test('a secret longer than the overlap is masked for as long as its characters can be a token', () => {
  const token = `pypi-${'Ab3'.repeat(10_000)}`;
  const line = `x ${token} and then`;
  const shown = maskedParts([line.slice(0, 100), line.slice(100, 20_000), line.slice(20_000)]);
  expect(shown).toEqual(['x [masked]', '[masked]', '[masked] and then']);
});

test('a secret that begins far from the cut is masked to its end in the next part', () => {
  const token = `pypi-${'Ab3'.repeat(4000)}`;
  const line = `x ${token} and ${'.'.repeat(9000)}`;
  const shown = maskedParts([line.slice(0, 11_900), line.slice(11_900)]).map((text) => text.slice(0, 20));
  expect(shown).toEqual(['x [masked]', '[masked] and .......']);
});

const known = ['correct-horse-battery', 'p@ss "word" (1)+$', 'line one of it\nline two of it', 'tiny'];

test('known secrets are masked as they are and encoded for URLs, JSON and base64', () => {
  const finder = createSecretFinder(known);
  const [first = '', second = ''] = known;
  for (const text of [first, second, encodeURIComponent(second), JSON.stringify(second), 'line two of it']) {
    expect(masked(`a ${text} b`, finder)).toMatch(/^a "?\[masked\]"? b$/);
  }
  for (const user of ['u', 'us', 'use']) {
    const shown = masked(`x ${Buffer.from(`${user}:${first}`).toString('base64')} y`, finder);
    expect(Buffer.from(shown.replace(/[^A-Za-z0-9+/]/g, ''), 'base64').toString('latin1')).not.toContain('horse');
  }
  expect(masked('tiny words stay', finder)).toBe('tiny words stay');
});

test('secrets that repeat, touch or overlap are masked', () => {
  const token = `ghp_${'aB3'.repeat(12)}`;
  expect(masked(`${token} ${token},https://u:${token}@h/`)).toBe('[masked] [masked],https://u:[masked]@h/');
});

test('colours within a secret are masked with the secret, and colours around it stay', () => {
  const token = `\u001b[1mghp_\u001b[0m${'aB3'.repeat(12)}`;
  expect(masked(`\u001b[32mok\u001b[0m ${token} \u001b[32mok\u001b[0m`)).toBe(
    '\u001b[32mok\u001b[0m \u001b[1m[masked] \u001b[32mok\u001b[0m',
  );
});

test('the secret finder comes to an end on lines full of beginnings of secrets', () => {
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

test('property: a known secret never shows when a long line is cut within the secret', () => {
  const [value = ''] = known;
  const finder = createSecretFinder(known);
  const filler = fc.integer({ min: 8192, max: 9000 }).map((length) => '. '.repeat(length / 2));
  fc.assert(
    fc.property(filler, filler, fc.nat(value.length), fc.nat(value.length), (a, b, first, second) => {
      const line = `${a}${value}${b}${value}${a}`;
      const places = [a.length + first, a.length + value.length + b.length + second];
      const parts = [0, ...places].map((from, at) => line.slice(from, places[at] ?? line.length));
      const shown = maskedParts(parts, finder);
      expect(shown).toHaveLength(parts.length);
      expect(shown.join('').replaceAll('[masked]', '')).toBe(a + b + a);
    }),
  );
});
