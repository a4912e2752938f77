import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { removeInvisible, toOriginal } from '../../../../../lib/logs/masking/invisible.ts';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { invisibleTexts } from './invisible-texts.ts';

const findSecrets = createSecretFinder([]);
const shownOf = (line: string): string => {
  const text = escapeControls(line);
  return maskSpans(text, findSecrets(text));
};

test.each(invisibleTexts)(
  '%s within a name, a separator or a value keeps no secret from being masked',
  (_, sequence) => {
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
  },
);

test.each([
  ['a title without an end', '\u001b]0;pass\u0000word=Tr0ub4\u200bdor-9x and more'],
  ['a title', '\u001b]0;pass\u0000word=Tr0ub4\u200bdor-9x\u0007'],
  ['text that is erased', `a password=Tr0ub4\u200bdor-9x${'\b'.repeat(12)} b`],
  ['text behind an unfinished colour', 'a \u001b[31'.concat(';password=Tr0ub4dor-9x')],
])('a secret in %s is masked, because the service shows it', (_, line) => {
  expect(shownOf(line)).toContain('[masked]');
  expect(shownOf(line).replace(/[^ -~]/g, '')).not.toMatch(/Tr0ub4|dor-9/);
});

test('every character that Unicode calls default ignorable is invisible', () => {
  const shown: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    if (/\p{DI}/u.test(character) && removeInvisible(`a${character}b`).plain !== 'ab') shown.push(code.toString(16));
  }
  expect(shown).toEqual([]);
});

test('removeInvisible takes linear time for sequences that do not end', () => {
  for (const piece of ['\u001b[1;', '\u001b]0;x', '\u001b      ', '\u001bP', 'x\b', '\b', '\u001b[1  '])
    expect(removeInvisible(escapeControls(piece.repeat(200_000))).plain).not.toMatch(/[\u2408\u241b]/);
});

test('a secret in a window title or a link is masked', () =>
  expect(shownOf('\u001b]0;password=Tr0ub4dor-9x\u0007 done')).not.toContain('Tr0ub4dor'));

test('a text without invisible parts is returned as it is', () => {
  for (const text of ['', 'plain', 'Grüße, 你好, 🙂', 'a\tb'])
    expect(removeInvisible(text)).toEqual({ plain: text, removals: [] });
});

test('property: a span of the remaining text is the same text in the original, with what was removed', () => {
  const parts = fc.array(
    fc.tuple(
      fc.constantFrom(...invisibleTexts.map(([, sequence]) => sequence), ''),
      fc.constantFrom('a', 'b', 'cd', ' '),
    ),
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
