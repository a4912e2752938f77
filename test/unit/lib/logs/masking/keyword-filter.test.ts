import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeywordFilter } from '../../../../../lib/logs/masking/keyword-filter.ts';
import { secretRules } from '../../../../../lib/logs/masking/secret-rules.ts';

const known = { keywords: ['pässword', '密码密码', 'With Capitals', 'Kelvin', 'ends in İ'] };
const rules = [...secretRules, known];

/** Changes the case of a keyword's ASCII letters. */
const recased = (keyword: string, upper: readonly boolean[]): string =>
  [...keyword]
    .map((letter, at) => (/[a-z]/i.test(letter) ? letter[upper[at] ? 'toUpperCase' : 'toLowerCase']() : letter))
    .join('');

const around = fc.string({ unit: 'binary' });

test('property: the filter selects a rule whose keyword is in the text, in any case', () => {
  const filter = createKeywordFilter(rules);
  const keyworded = fc
    .constantFrom(...rules)
    .chain((rule) => fc.tuple(fc.constant(rule), fc.constantFrom(...rule.keywords)));
  const upper = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(around, keyworded, upper, around, (before, [rule, keyword], upper, after) => {
      expect(filter(before + recased(keyword, upper) + after)).toContain(rule);
    }),
  );
});

test('property: the filter selects no rule without a keyword in the text', () => {
  const filter = createKeywordFilter(rules);
  const all = rules.flatMap(({ keywords }) => keywords.map((keyword) => keyword.toLowerCase()));
  const parts = fc.array(
    fc.oneof(fc.constantFrom(...all), around, fc.constantFrom(...all.map((keyword) => keyword.slice(1)))),
  );
  fc.assert(
    fc.property(parts, (texts) => {
      const text = texts.join('');
      const folded = recased(text, []);
      const expected = rules.filter(({ keywords }) =>
        keywords.some((keyword) => folded.includes(recased(keyword, []))),
      );
      expect(new Set(filter(text))).toEqual(new Set(expected));
    }),
  );
});

test.each(['', 'ab', 'Step 3 of 17: compiling main.c', '#12 DONE 0.4s', 'x'.repeat(90), 'added 529 modules in 25s'])(
  'the filter selects no rule for %j',
  (line) => {
    expect(createKeywordFilter(rules)(line)).toBeUndefined();
  },
);
