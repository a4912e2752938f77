import { expect, test } from '@jest/globals';
import { editDistance, similarTo } from '../../../cli/similar.ts';

test.each([
  ['ref', 'ref', 0],
  ['rf', 'ref', 1],
  ['rfe', 'ref', 1],
  ['lost', 'list', 1],
  ['', 'list', 4],
  ['list', '', 4],
  ['kitten', 'sitting', 3],
])('%p and %p differ by %i letters', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('the most similar word comes first, and a word that is not similar does not come', () => {
  expect(similarTo('log', ['list', 'logs', 'login', 'delete'])).toEqual(['logs', 'login']);
  expect(similarTo('lgos', ['list', 'logs', 'login', 'delete'])).toEqual(['logs']);
  expect(similarTo('', ['list'])).toEqual([]);
  expect(similarTo('x'.repeat(100_000), ['list'])).toEqual([]);
});
