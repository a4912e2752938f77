import { describe, expect, test } from '@jest/globals';
import { body, fold } from './keys.ts';
import { asMasked, asPrinted, maskStep, restingKeyMask } from './mask-lines.ts';

const folded = (width: number, seed: number, count = 3): string[] => fold(body(width * count - 9, seed), width);
const block = (label: string, lines: string[]): string[] => [
  `-----BEGIN ${label}-----`,
  ...lines,
  `-----END ${label}-----`,
];
const png = `iVBORw0KGgo${body(65, 40)}`;

describe('lines of a private key without its beginning are masked in the middle of a log', () => {
  test.each<[string, string[]]>([
    ['as tail prints them', folded(64, 1)],
    ['as OpenSSH folds them', folded(70, 2)],
    ['as MIME folds them', folded(76, 3)],
    ['behind the prefix of BuildKit', folded(64, 4).map((line) => `#12 0.345 ‹${line}›`)],
    ['as strings of a program', folded(64, 5).map((line) => `  "‹${line}›",`)],
    [
      'with a line of other output',
      folded(64, 6).flatMap((line, at) => (at === 1 ? [`‹${line}›`, 'added 12 packages'] : [line])),
    ],
  ])('%s', (_, lines) => {
    const marked = lines.map((line) => (/[‹ ]/.test(line) ? line : `‹${line}›`));
    const log = ['before', ...marked, '', 'after the key'];
    expect(maskStep(log.map(asPrinted), restingKeyMask())).toEqual(log.map(asMasked));
  });
});

describe('base64 that is no private key stays', () => {
  test.each<[string, string[]]>([
    ['a certificate', block('CERTIFICATE', folded(64, 20))],
    ['two certificates', [...block('CERTIFICATE', folded(64, 21)), ...block('CERTIFICATE', folded(64, 22))]],
    ['a public key', block('PUBLIC KEY', folded(64, 23))],
    ['a signature', block('PGP SIGNATURE', ['', ...folded(64, 24), '=aB3d'])],
    ['a public key with a header', block('PGP PUBLIC KEY BLOCK', ['Version: GnuPG v2', '', ...folded(64, 25)])],
    ['a certificate behind a prefix', block('CERTIFICATE', folded(64, 26)).map((line) => `#12 0.345 ${line}`)],
    ['an image', [png, ...folded(76, 41)]],
    ['text', fold(Buffer.from('All work and no play makes Jack a dull boy. '.repeat(9)).toString('base64'), 76)],
    ['the integrity of packages', [`integrity sha512-${body(86, 42)}==`, `integrity sha512-${body(86, 43)}==`]],
    ['checksums of modules', [`example.org/a v1.2.3 h1:${body(43, 44)}=`, `example.org/b v1.2.3 h1:${body(43, 45)}=`]],
  ])('%s', (_, lines) => {
    const log = ['before', ...lines, 'after'];
    expect(maskStep(log, restingKeyMask())).toEqual(log);
    expect(maskStep(log)).toEqual(log);
  });
});

test('after a certificate that was cut off, the lines of a private key are masked', () => {
  const [first = '', second = ''] = folded(64, 30);
  const lines = ['-----BEGIN CERTIFICATE-----', first, 'the output of another program', second];
  expect(maskStep(lines, restingKeyMask())).toEqual([...lines.slice(0, 3), '[masked]']);
});

test('the mask is not at rest within a certificate, and at rest after it', () => {
  const mask = restingKeyMask();
  const rests = block('CERTIFICATE', folded(64, 31)).map((line) => {
    mask.push(line);
    return mask.isAtRest;
  });
  expect(rests).toEqual([false, false, false, false, true]);
});
