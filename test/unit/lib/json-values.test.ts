import { expect, test } from '@jest/globals';
import { isObject, textAt } from '../../../lib/json-values.ts';

test('isObject is true for objects with keys only', () => {
  expect(isObject({})).toBe(true);
  for (const value of [null, undefined, [], 'text', 1]) expect(isObject(value)).toBe(false);
});

test('textAt returns only text that is not empty', () => {
  expect(textAt({ a: { b: 'c' } }, 'a', 'b')).toBe('c');
  for (const value of ['', 1, null, {}]) expect(textAt({ a: value }, 'a')).toBeUndefined();
  expect(textAt({ a: 'text' }, 'a', 'length')).toBeUndefined();
});
