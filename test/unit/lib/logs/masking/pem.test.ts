import { expect, test } from '@jest/globals';
import { createPemMask, pemLines } from '../../../../../lib/logs/masking/pem.ts';

const pem = (lines: readonly string[]) => {
  const mask = createPemMask();
  return lines.map((line) => mask.push(line));
};

test('a private key of several lines is masked, and other output among its lines is shown', () => {
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

test('several private keys in one line are masked, and a key that begins where another ends', () => {
  const one = '-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----';
  expect(pem([`a ${one} b ${one} c`])).toEqual(['a [masked] b [masked] c']);
  expect(
    pem([
      '-----BEGIN PGP PRIVATE KEY BLOCK-----',
      '-----END PGP PRIVATE KEY BLOCK----- x -----BEGIN EC PRIVATE KEY----- y',
    ]),
  ).toEqual(['[masked]', '[masked] x [masked]']);
});

test('a private key without an END line masks no more lines than the longest key has', () => {
  const line = 'QUJD'.repeat(16);
  const shown = pem(['-----BEGIN PRIVATE KEY-----', ...Array<string>(pemLines + 1).fill(line)]);
  expect(shown.at(-2)).toBe('[masked]');
  expect(shown.at(-1)).toBe(line);
});
