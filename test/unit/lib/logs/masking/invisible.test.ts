import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { removeInvisible, toOriginal } from '../../../../../lib/logs/masking/invisible.ts';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';

const between: [string, string][] = [
  ['a colour', '\u001b[1;31m'],
  ['a hidden colour', '\u001b[8m'],
  ['an erased line', '\u001b[2K'],
  ['a private mode', '\u001b[?25l'],
  ['a link', '\u001b]8;;https://example.org\u001b\\'],
  ['a title', '\u001b]0;title\u0007'],
  ['a character set', '\u001b(B'],
  ['an erased character', 'x\b'],
  ['a NUL', '\u0000'],
  ['a space without width', '\u200b'],
  ['a soft hyphen', '\u00ad'],
  ['a byte order mark', '\ufeff'],
  ['a mark of direction', '\u202e'],
  ['a variation selector', '\ufe0f'],
  ['a tag', '\u{e0041}'],
];
const findSecrets = createSecretFinder([]);
const shownOf = (line: string): string => {
  const text = escapeControls(line);
  return maskSpans(text, findSecrets(text));
};

test.each(between)('%s within a name, a separator or a value keeps no secret from being masked', (_, sequence) => {
  for (const line of [
    `pass${sequence}word=Tr0ub4dor-9x`,
    `password${sequence}=${sequence}Tr0ub4dor-9x`,
    `password: ${sequence}"Tr0ub4${sequence}dor-9x"`,
    `ghp${sequence}_${'aB3'.repeat(6)}${sequence}${'aB3'.repeat(6)}`,
  ]) {
    const shown = shownOf(line);
    expect(shown).toContain('[masked]');
    expect(shown).not.toMatch(/Tr0ub4|dor-9|aB3aB3/);
  }
});

test('a secret in a window title or a link is masked', () =>
  expect(shownOf('\u001b]0;password=Tr0ub4dor-9x\u0007 done')).not.toContain('Tr0ub4dor'));

test('a text without invisible parts is returned as it is', () => {
  for (const text of ['', 'plain', 'Grüße, 你好, 🙂', 'a\tb'])
    expect(removeInvisible(text)).toEqual({ plain: text, removals: [] });
});

test('property: a span of the remaining text is the same text in the original, with what was removed', () => {
  const parts = fc.array(
    fc.tuple(fc.constantFrom(...between.map(([, sequence]) => sequence), ''), fc.constantFrom('a', 'b', 'cd', ' ')),
  );
  fc.assert(
    fc.property(parts, fc.nat(), fc.nat(), (pieces, first, second) => {
      const text = escapeControls(pieces.flat().join(''));
      const { plain, removals } = removeInvisible(text);
      fc.pre(plain.length > 0);
      const [from, to] = [first % plain.length, second % plain.length].sort((a, b) => a - b) as [number, number];
      const [span] = toOriginal([[from, to + 1]], removals);
      const original = text.slice(...(span ?? [0, 0]));
      expect(original.startsWith(plain.charAt(from))).toBe(true);
      expect(original.endsWith(plain.charAt(to))).toBe(true);
      expect(removeInvisible(original).plain).toBe(plain.slice(from, to + 1));
    }),
  );
});
