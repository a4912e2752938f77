// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the tests are about terminal colours
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { keyLimits, PemMask, watchedLines } from '../../../../../lib/logs/masking/pem.ts';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { body, fold, type Key, keys, printFolded, printings, widths } from './keys.ts';
import { lookAlikes } from './look-alikes.ts';

/** Returns a mask that knows the start of its log. */
const known = (): PemMask => {
  const mask = new PemMask();
  mask.rest();
  return mask;
};

const pem = (lines: readonly string[], mask = known()): string[] =>
  lines.map((line) => mask.push(escapeControls(line)));

const findSecrets = createSecretFinder([]);

/** Returns the lines that a reader sees: masked for keys, then for other secrets. */
const shownOf = (lines: readonly string[], mask = known()): string => {
  const shown: string[] = [];
  const secrets = createLineMask<{ text: string }>(findSecrets, ({ text }) => shown.push(text));
  for (const text of pem(lines, mask)) secrets.push({ text });
  return shown.join('\n');
};

/** Returns the longest part of a secret that a shown text contains, without colours and escapes. */
const longestShown = (secret: string, shown: string): string => {
  const plain = shown.replaceAll(/\u001b\[[0-9;]*m|\u241b\[[0-9;]*[A-Za-z]/g, '');
  let longest = '';
  for (let from = 0; from < secret.length; from += 1)
    while (plain.includes(secret.slice(from, from + longest.length + 1)) && from + longest.length < secret.length)
      longest = secret.slice(from, from + longest.length + 1);
  return longest;
};

/** Longest part of a key's body that may appear by chance, as it also is part of a word, in characters. */
const chance = 4;

const expectMasked = ({ secret }: Key, shown: string): void =>
  expect(longestShown(secret, shown).length).toBeLessThanOrEqual(chance);

describe.each(keys)('a private key of the form $name', (key) => {
  test.each(printings)('is masked if its lines are printed $name', ({ print }) => {
    const shown = shownOf([...print(key.lines), 'The build of /workspace/source is done.']);
    expectMasked(key, shown);
    expect(shown).toMatch(/The build of \/workspace\/source is done\.$/);
  });
});

/** Returns the widths at which a key is found. Only the markers of PEM are found when they are folded. */
const widthsOf = ({ lines }: Key): number[] =>
  widths.filter((width) => width >= 16 || lines[0]?.startsWith('-----BEGIN '));

describe.each(keys)('a private key of the form $name', (key) => {
  test.each(widthsOf(key))('is masked if it is folded at %d characters, also behind a prefix', (width) => {
    for (const prefix of ['', '#12 0.345 ', '> ', '  ']) {
      const shown = shownOf([...printFolded(key, width, prefix), 'This is not part of the key.']);
      expectMasked(key, shown);
      expect(shown).toMatch(/This is not part of the key\.$/);
    }
  });

  test('is masked if it is encoded in base64 as a whole, in one line or folded', () => {
    const encoded = Buffer.from(`${key.lines.join('\n')}\n`).toString('base64');
    for (const lines of [[encoded], [`  tls.key: ${encoded}`], fold(encoded, 76), fold(encoded, 64)]) {
      const shown = shownOf([...lines, 'Six more lines.', ...Array<string>(5).fill('one of six'), 'Done']);
      // The first and the last line hold nothing of the key.
      expect(longestShown(encoded.slice(60, -120), shown).length).toBeLessThanOrEqual(chance);
      expect(shown).toMatch(/Done$/);
    }
  });
});

test('a certificate that is encoded in base64 as a whole is shown', () => {
  const certificate = `-----BEGIN CERTIFICATE-----\n${fold(body(900, 50), 64).join('\n')}\n-----END CERTIFICATE-----\n`;
  const line = `certificate-authority-data: ${Buffer.from(certificate).toString('base64')}`;
  expect(pem([line])).toEqual([line]);
});

test('other output among the lines of a private key is shown', () => {
  const line = body(64, 60);
  const lines = [
    'before',
    '#7 0.1 -----BEGIN OPENSSH PRIVATE KEY-----',
    `#7 0.1 ${line}`,
    'npm warn deprecated something@1.0.0',
    'copied /usr/local/lib/node_modules/npm/bin/npm-cli.js',
    'digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    `   "${line}\\n",`,
    'Q0E9PQ==',
    '-----END OPENSSH PRIVATE KEY----- after',
    line.slice(2),
  ];
  expect(pem(lines)).toEqual([
    'before',
    '#7 0.1 [masked]',
    '#7 0.1 [masked]',
    'npm warn deprecated something@1.0.0',
    'copied /usr/local/lib/node_modules/npm/bin/npm-cli.js',
    'digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '   "[masked]",',
    '[masked]',
    '[masked] after',
    line.slice(2),
  ]);
});

test('colours around a private key stay', () =>
  expect(pem(['\u001b[31m-----BEGIN PRIVATE KEY-----\u001b[0m', `\u001b[32m${body(64, 61)}\u001b[0m!`])).toEqual([
    '\u001b[31m[masked]\u001b[0m',
    '\u001b[32m[masked]\u001b[0m!',
  ]));

test('several private keys in one line are masked, and a key that begins where another ends', () => {
  const one = '-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----';
  expect(pem([`a ${one} b ${one} c`])).toEqual(['a [masked] b [masked] c']);
  expect(
    pem([
      '-----BEGIN PGP PRIVATE KEY BLOCK-----',
      '-----END PGP PRIVATE KEY BLOCK----- x -----BEGIN EC PRIVATE KEY----- y',
      body(64, 62),
      `-----BEGIN RSA PRIVATE KEY-----`,
      '-----END RSA PRIVATE KEY-----',
      'z',
    ]),
  ).toEqual(['[masked]', '[masked] x [masked]', '[masked]', '[masked]', '[masked]', 'z']);
});

test('a private key without an END line masks neither too many lines nor too many characters', () => {
  const line = body(32, 63);
  const masked = keyLimits.characters / 32;
  const shown = pem(['-----BEGIN PRIVATE KEY-----', ...Array<string>(masked + 1).fill(line)]);
  expect(shown.at(-2)).toBe('[masked]');
  expect(shown.at(-1)).toBe(line);
  const others = Array<string>(keyLimits.otherLines).fill('The build goes on.');
  expect(pem(['-----BEGIN PRIVATE KEY-----', ...others.slice(1), line]).at(-1)).toBe('[masked]');
  expect(pem(['-----BEGIN PRIVATE KEY-----', ...others, line]).at(-1)).toBe(line);
});

describe.each(keys.filter(({ name }) => !/XML|OpenVPN/.test(name)))(
  'a log that begins within a key of $name',
  (key) => {
    test('shows no whole line of the key', () => {
      const bodyFrom = key.lines.findIndex((line) => key.secret.startsWith(line));
      for (const prefix of ['', '#12 0.345 ', '2026-11-22T08:02:11.123Z '])
        for (let from = bodyFrom; from < key.lines.length; from += 1) {
          const shown = shownOf(
            key.lines.slice(from).map((line) => prefix + line),
            new PemMask(),
          );
          expect(longestShown(key.secret, shown).length).toBeLessThan(12);
        }
    });
  },
);

test('the first lines of an ordinary log are shown, although the log may begin within a key', () => {
  expect(shownOf(lookAlikes.slice(0, watchedLines), new PemMask()).split('\n')).toEqual(
    lookAlikes.slice(0, watchedLines),
  );
});

test('the mask rests after the first lines, and outside of keys', () => {
  const mask = new PemMask();
  const rests = (line: string): boolean => {
    mask.push(line);
    return mask.isAtRest;
  };
  for (let line = 1; line < watchedLines; line += 1) expect(rests('a line')).toBe(false);
  expect(rests('a line')).toBe(true);
  expect(
    ['a', '--', '-----BEGIN RSA PR', 'IVATE KEY-----', body(64, 64), '-----END RSA PRIVATE KEY-----'].map(rests),
  ).toEqual([true, false, false, false, false, true]);
  mask.watch();
  expect(rests('a line')).toBe(false);
});

test('property: a mask at rest masks all later lines like a mask that has seen no line', () => {
  const line = fc.constantFrom(
    ...['a', '--', '-----BEGIN RSA PR', 'IVATE KEY-----', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'],
    ...['', 'Private-Lines: 7', 'Private-MAC: 00ff', '<RSAKeyValue>', '</RSAKeyValue>', body(64, 65), body(5, 66)],
    ...[Buffer.from('-----BEGIN PRIVATE KEY-----').toString('base64'), `\u001b[1m${body(12, 67)}`],
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.array(line, { maxLength: 30 }), (first, later) => {
      const mask = known();
      pem(first, mask);
      fc.pre(mask.isAtRest);
      expect(pem(later, mask)).toEqual(pem(later));
    }),
  );
});

test('property: a private key is masked wherever a long line is cut into parts', () => {
  const line = JSON.stringify({ before: 'x'.repeat(300), key: keys[0]?.lines.join('\n'), after: 'y'.repeat(300) });
  fc.assert(
    fc.property(fc.array(fc.nat(line.length), { maxLength: 6 }), (places) => {
      const cuts = [0, ...places.sort((a, b) => a - b), line.length];
      const mask = known();
      const shown = cuts
        .slice(1)
        .map((to, at) => mask.push(line.slice(cuts[at], to), at < cuts.length - 2))
        .join('');
      expect(longestShown(keys[0]?.secret ?? '', shown).length).toBeLessThan(12);
      expect(shown).toContain('x'.repeat(300));
      expect(shown).toContain('y'.repeat(300));
    }),
  );
});
