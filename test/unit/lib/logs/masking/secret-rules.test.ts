// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the first ASCII character is a control character
import { expect, test } from '@jest/globals';
import type { SecretRule } from '../../../../../lib/logs/masking/rules/secret-rule.ts';
import { createSecretFinder, maskSpans, matchSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { secretRules } from '../../../../../lib/logs/masking/secret-rules.ts';

const findSecrets = createSecretFinder([]);
const withoutMarks = (example: string): string => example.replaceAll(/[‹›]/g, '');
const maskedBy = (rule: SecretRule, text: string): string => maskSpans(text, matchSpans(rule, text));
const expected = (example: string): string => example.replaceAll(/‹[^›]*›/g, '[masked]');

const examples = (list: 'masked' | 'left') =>
  secretRules.flatMap((rule) => rule[list].map((example) => [rule.name, example, rule] as const));

test('every secret rule has a name of its own, and examples of what is masked and what is left', () => {
  expect(new Set(secretRules.map(({ name }) => name)).size).toBe(secretRules.length);
  for (const { name, masked, left } of secretRules) expect([name, masked.length, left.length]).not.toContain(0);
});

test.each(examples('masked'))('the rule “%s” masks what is marked in %s', (_, example, rule) => {
  expect(example).toMatch(/‹[^›]+›/);
  expect(maskedBy(rule, withoutMarks(example))).toBe(expected(example));
});

test.each(examples('masked'))(
  'the secret finder knows from keywords that the rule “%s” is worth trying on %s',
  (_, example) => {
    const text = withoutMarks(example);
    const shown = maskSpans(text, findSecrets(text));
    for (const [, secret = ''] of example.matchAll(/‹([^›]*)›/g)) expect(shown).not.toContain(secret);
  },
);

test.each(examples('left'))('the rule “%s” leaves %s', (_, example, rule) => {
  expect(maskedBy(rule, example)).toBe(example);
});

test('every pattern has the flags g and d, or y behind names, and every keyword has three characters or more, or two that are not ASCII', () => {
  for (const { pattern, keywords, after } of secretRules) {
    expect(pattern.flags).toMatch(after ? /^di?y$/ : /^dgi?$/);
    for (const keyword of keywords) expect(keyword).toMatch(/^(?:.{3,}|[^\0-\x7f]{2})$/s);
  }
});
