import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeywordFilter } from '../../../../../lib/logs/masking/keyword-filter.ts';
import { secretRules } from '../../../../../lib/logs/masking/secret-rules.ts';

const known = { keywords: ['pässword', '密码密码', 'With Capitals', 'Kelvin', 'ends in İ'] };
const rules = [...secretRules, known];

/** With other capitals among ASCII's letters. */
const recased = (keyword: string, upper: readonly boolean[]): string =>
  [...keyword]
    .map((letter, at) => (/[a-z]/i.test(letter) ? letter[upper[at] ? 'toUpperCase' : 'toLowerCase']() : letter))
    .join('');

const around = fc.string({ unit: 'binary' });

test('property: a text with a keyword finds its rule, whatever stands around it, in any case', () => {
  const sieve = createKeywordFilter(rules);
  const hinted = fc
    .constantFrom(...rules)
    .chain((rule) => fc.tuple(fc.constant(rule), fc.constantFrom(...rule.keywords)));
  const upper = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(around, hinted, upper, around, (before, [rule, keyword], upper, after) => {
      expect(sieve(before + recased(keyword, upper) + after)).toContain(rule);
    }),
  );
});

test('property: it finds the rules whose keywords are in the text, and no others', () => {
  const sieve = createKeywordFilter(rules);
  const all = rules.flatMap(({ keywords }) => keywords.map((keyword) => keyword.toLowerCase()));
  const parts = fc.array(fc.oneof(fc.constantFrom(...all), around, fc.constantFrom(...all.map((h) => h.slice(1)))));
  fc.assert(
    fc.property(parts, (texts) => {
      const text = texts.join('');
      const folded = recased(text, []);
      const expected = rules.filter(({ keywords }) =>
        keywords.some((keyword) => folded.includes(recased(keyword, []))),
      );
      expect(new Set(sieve(text))).toEqual(new Set(expected));
    }),
  );
});

test.each(['', 'ab', 'Step 3 of 17: compiling main.c', '#12 DONE 0.4s', 'x'.repeat(90), 'added 529 modules in 25s'])(
  '%j finds none',
  (line) => {
    expect(createKeywordFilter(rules)(line)).toBeUndefined();
  },
);
