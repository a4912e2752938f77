import { describe, expect, test } from '@jest/globals';
import { maskExcerpt } from '../../../../../lib/logs/masking/failure-excerpt.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;
const body = 'MIIEpAIBAAKCAQEA7bq'.repeat(3);

describe('maskExcerpt', () => {
  test('masks secrets as in the log', () => {
    expect(maskExcerpt(`one\nTOKEN=${token}\nhttps://user:hunter2@example.org/x`)).toBe(
      'one\nTOKEN=[masked]\nhttps://user:[masked]@example.org/x',
    );
  });

  test('shows no private key when the output begins within the key', () => {
    const lines = ['-----BEGIN RSA PRIVATE KEY-----', body, body, '-----END RSA PRIVATE KEY-----', 'last'];
    for (const from of [0, 1, 2]) {
      const shown = maskExcerpt(lines.slice(from).join('\n'));
      expect(shown).not.toContain(body.slice(0, 12));
      expect(shown).toMatch(/last$/);
    }
  });

  test('leaves out a first line that may be cut', () => {
    const shown = maskExcerpt(`${'b'.repeat(30)}\n${'line\n'.repeat(200)}`);
    expect(shown).toMatch(/^line\n/);
  });

  test('keeps an output of one line', () => {
    for (const end of ['', '\n', '\r\n']) expect(maskExcerpt(`${'x'.repeat(1000)}${end}`)).toBe('x'.repeat(1000));
  });

  test('makes control characters visible', () => {
    expect(maskExcerpt('\u001b]52;c;eA==\u0007\n\u001b[2J\r\nend\u0085')).toBe('␛]52;c;eA==␇\n␛[2J\nend\\x85');
  });

  test('returns an empty text for an empty output', () => expect(maskExcerpt('')).toBe(''));
});
