import { expect, test } from '@jest/globals';
import { isOneLetterOff } from '../../../local/one-letter-off.ts';

test.each([
  ['LIMIT_RUNING', true],
  ['LIMIT_RUNNINGS', true],
  ['IMIT_RUNNING', true],
  ['LIMIT-RUNNING', true],
  ['LIMIT_RUNINNG', true],
  ['LIMIT_RUNNING', true],
  ['LIMIT_RUNIN', false],
  ['LIMIT_RUNNINGXX', false],
  ['TIMIL_RUNNING', false],
  ['GNINNUR_TIMIL', false],
  ['', false],
])('isOneLetterOff compares %j with LIMIT_RUNNING in both directions', (name, expected) => {
  expect(isOneLetterOff(name, 'LIMIT_RUNNING')).toBe(expected);
  expect(isOneLetterOff('LIMIT_RUNNING', name)).toBe(expected);
});

test('isOneLetterOff takes two names of two letters that differ in both for different', () => {
  expect(isOneLetterOff('ab', 'cd')).toBe(false);
  expect(isOneLetterOff('ab', 'ba')).toBe(true);
  expect(isOneLetterOff('a', '')).toBe(true);
});
