import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { secretRules } from '../../../lib/logs/secrets.ts';
import { createSieve } from '../../../lib/logs/sieve.ts';

const hints = secretRules.flatMap((rule) => rule.hints);

test('property: a text with one of them passes, whatever stands around it, in any case', () => {
  const mayHold = createSieve([...hints, 'pässword', '密码密码']);
  const cased = fc
    .tuple(fc.constantFrom(...hints, 'pässword', '密码密码'), fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
    .map(([hint, upper]) => [...hint].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
  const around = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(around, cased, around, (before, hint, after) => {
      expect(mayHold(before + hint + after)).toBe(true);
    }),
  );
});

test('most ordinary lines do not pass', () => {
  const mayHold = createSieve(hints);
  const lines = [
    '',
    'ab',
    'Step 3 of 17: compiling main.c',
    '#12 DONE 0.4s',
    'x'.repeat(90),
    'added 529 modules in 25s',
  ];
  expect(lines.filter(mayHold).length).toBeLessThan(2);
});
