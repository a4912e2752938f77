import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { excerptOf, maxKeptBytes } from '../../../../../embedded/lifecycle/failure-excerpt.ts';
import { maskExcerpt } from '../../../../../lib/logs/masking/failure-excerpt.ts';
import { outputs } from './outputs.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;
const body = 'MIIEpAIBAAKCAQEA7bq'.repeat(3);

describe('maskExcerpt', () => {
  test('masks secrets as in the log', () => {
    expect(maskExcerpt(`\none\nTOKEN=${token}\nhttps://user:hunter2@example.org/x`)).toBe(
      'one\nTOKEN=[masked]\nhttps://user:[masked]@example.org/x',
    );
  });

  test('shows no private key when the output begins within the key', () => {
    const lines = ['-----BEGIN RSA PRIVATE KEY-----', body, body, body, '-----END RSA PRIVATE KEY-----', 'last'];
    for (const from of [0, 1, 2, 3]) {
      const shown = maskExcerpt(lines.slice(from).join('\n'));
      expect(shown).not.toContain(body.slice(0, 12));
      expect(shown).toMatch(/last$/);
    }
  });

  test('shows no private key of which another line only seems to show the beginning', () => {
    const lines = ['', 'BEGIN test', body, body, '-----END RSA PRIVATE KEY-----', 'last'];
    expect(maskExcerpt(lines.join('\n'))).toBe('BEGIN test\n[masked]\n[masked]\n[masked]\nlast');
  });

  test('shows no private key that its context says is open', () => {
    const narrow = ['MIIEpAIB', 'AAKCAQEA', '7bqMIIEp'].join('\n');
    expect(maskExcerpt(`-----BEGIN PRIVATE KEY-----\n${narrow}\nError: it failed`)).toBe(
      '[masked]\n[masked]\n[masked]\nError: it failed',
    );
  });

  test('shows no part of a known secret among the lines of a private key', () => {
    const known = `tail#9${'aB3dE6gH9xQ7'.repeat(4)}!end-7`;
    expect(maskExcerpt(`\n-----BEGIN PRIVATE KEY-----\n${body}\n${known}\nnote: ${known} end`, [known])).toBe(
      '[masked]\n[masked]\n[masked]\nnote: [masked] end',
    );
  });

  test('shows no number of a private key when the output begins among its lines', () => {
    const row = `    ${Array.from({ length: 15 }, (_, at) => (at * 16 + 11).toString(16).padStart(2, '0')).join(':')}:`;
    const begin = ['Private-Key: (2048 bit)', 'privateExponent:', ...Array<string>(200).fill(row), 'Error: it failed'];
    const masked = maskExcerpt(excerptOf(Buffer.from(begin.join('\n'))));
    expect(masked).toMatch(/^\[masked\]\n.*\[masked\]\nError: it failed$/s);
    expect(masked).not.toContain('0b:1b');
    expect(maskExcerpt(`first\n${row}\nlast`)).toBe(`${row.trim()}\nlast`);
  });

  test.each([
    ['many short lines', `${'b'.repeat(30)}\n${'line\n'.repeat(200)}`],
    ['a few lines', 'b\nline\nline'],
    ['letters of several bytes', `${'б'.repeat(10)}\n${'строка\n'.repeat(30)}`],
  ])('never shows the first line, which may be cut, of %s', (_, output) => {
    const lines = output.trimEnd().split('\n');
    expect(maskExcerpt(output)).toBe(lines.slice(1).join('\n'));
  });

  test('shows nothing of an output that may begin within its only line', () => {
    for (const output of [token.slice(9), 'x'.repeat(1000), `${token.slice(9)}\n`])
      expect(maskExcerpt(output)).toBe('');
  });

  test('makes control characters visible', () => {
    expect(maskExcerpt('\n\u001b]52;c;eA==\u0007\n\u001b[2J\r\nend\u0085')).toBe('␛]52;c;eA==␇\n␛[2J\nend\\x85');
  });

  test('returns an empty text for an empty output', () => expect(maskExcerpt('')).toBe(''));

  test('property: shows no end of a secret, wherever an earlier version has cut the output', () => {
    fc.assert(
      fc.property(outputs, fc.nat(), ({ text, hidden }, place) => {
        const bytes = Buffer.from(text);
        const cut = bytes.subarray(place % (bytes.length + 1)).toString();
        const shown = maskExcerpt(cut);
        for (const part of hidden) expect(shown).not.toContain(part);
      }),
      { numRuns: 300 },
    );
  });

  test('property: shows no end of a secret in the excerpt of any output', () => {
    fc.assert(
      fc.property(outputs, fc.nat(3), ({ text, hidden }, times) => {
        const output = Buffer.from(`${`${text}\n`.repeat(times)}${text}`).subarray(-maxKeptBytes);
        const shown = maskExcerpt(excerptOf(output));
        for (const part of hidden) expect(shown).not.toContain(part);
      }),
      { numRuns: 300 },
    );
  });
});
