import { describe, expect, test } from '@jest/globals';
import { createKeyColumns } from '../../../../../lib/logs/masking/key-columns.ts';
import { asMasked, asPrinted, maskLines } from './mask-lines.ts';
import { hex } from './secrets.ts';

const bytes = (count: number, seed: number): string => (hex(2 * count, seed).match(/../g) ?? []).join(':');

describe('the secret numbers of a private key are masked', () => {
  test.each<[string, string[]]>([
    ['of OpenSSL', ['privateExponent:', `    ‹${bytes(15, 1)}:›`, `    ‹${bytes(15, 2)}:›`, `    ‹${bytes(3, 3)}›`]],
    [
      'of an elliptic curve',
      ['priv:', `    ‹${bytes(15, 4)}:›`, `    ‹${bytes(1, 5)}›`, 'pub:', `    ${bytes(15, 6)}:`],
    ],
    ['of GnuTLS', ['private exponent:', `\t‹${bytes(16, 7)}:›`, `\t‹${bytes(16, 8)}›`, '', 'Public Key PIN:']],
    [
      'behind the prefix of BuildKit',
      ['#9 0.412 prime1:', `#9 0.413     ‹${bytes(15, 9)}:›`, `#9 0.413     ‹${bytes(2, 10)}›`],
    ],
    [
      'in the order of OpenSSL',
      ['exponent2:', `    ‹${bytes(4, 11)}›`, 'coefficient:', `    ‹${bytes(4, 12)}›`, 'done'],
    ],
  ])('%s', (_, lines) => expect(maskLines(lines.map(asPrinted))).toEqual(lines.map(asMasked)));
});

describe('columns of bytes that are no secret stay', () => {
  test.each([
    [['modulus:', `    ${bytes(15, 20)}:`, `    ${bytes(3, 21)}`, 'publicExponent: 65537 (0x10001)']],
    [['    Signature Value:', `        ${bytes(18, 22)}:`]],
    [['X509v3 Subject Key Identifier:', `    ${bytes(20, 23)}`]],
    [['priv:', 'not a column of bytes', `    ${bytes(15, 24)}:`]],
  ])('%j', (lines) => expect(maskLines(lines)).toEqual(lines));
});

test('the state for columns of bytes ends with the first other line, and after 512 lines', () => {
  const columns = createKeyColumns();
  const add = (text: string): boolean => {
    columns.add(text, []);
    return columns.isAtRest;
  };
  expect(['a line', 'priv:', `    ${bytes(15, 30)}:`, 'a line'].map(add)).toEqual([true, false, false, true]);
  add('priv:');
  for (let line = 0; line < 511; line += 1) expect(add('    00:ff:')).toBe(false);
  expect(add('    00:ff:')).toBe(true);
});
