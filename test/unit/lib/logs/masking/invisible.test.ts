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
  ['an interlinear annotation', '\ufff9'],
  ['a format control of music', '\u{1d173}'],
  ['a format control of shorthand', '\u{1bca0}'],
  ['a supplementary variation selector', '\u{e0100}'],
  ['a reserved ignorable character', '\ufff0'],
  ['a mark over the letter', '\u0301'],
  ['a line under the letter', '\u0332'],
  ['a circle around the letter', '\u20dd'],
  ['a line separator', '\u2028'],
  ['a byte that is no character', '\ufffd'],
  ['several erased characters', 'xyz\b\b\b'],
  ['an erased emoji', '\u{1f600}\b'],
  ['an erased letter with a mark', 'e\u0301\b'],
  ['an erased character in colour', '\u001b[1mx\u001b[0m\b'],
  ['a C1 colour', '\u009b31m'],
  ['a C1 title', '\u009d0;title\u009c'],
  ['a C1 control', '\u0084'],
  ['a colour with many parameters', `\u001b[${'0;'.repeat(200)}1m`],
  ['a NUL within a colour', '\u001b[3\u00001m'],
  ['a cancelled sequence', '\u001b[31\u0018'],
  ['a substituted sequence', '\u001b[31\u001a'],
  ['a long link', `\u001b]8;;https://example.org/${'x'.repeat(5000)}\u0007`],
  ['a command of a device', '\u001bP1$r0m\u001b\\'],
  ['a title that a colour ends', '\u001b]0;title\u001b[1m'],
  ['a sequence with intermediates', '\u001b !#$F'],
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
