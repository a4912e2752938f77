import { expect, test } from '@jest/globals';
import { secretWarnings } from '../../../../lib/builds/secret-warnings.ts';
import { expectWork, filled, leastWork } from '../../../support/work.ts';

const value = 'Tr0ub4dor-9';
const variables = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`TOKEN_${at + 1}`, `${value}${at}`]));

test.each([
  [1, 'The variable TOKEN_1 looks like a secret. '],
  [2, 'The variables TOKEN_1 and TOKEN_2 look like secrets. '],
  [5, 'The variables TOKEN_1, TOKEN_2, TOKEN_3, TOKEN_4 and TOKEN_5 look like secrets. '],
  [128, 'The variables TOKEN_1, TOKEN_2, TOKEN_3, TOKEN_4, TOKEN_5 and 123 more look like secrets. '],
])('the warning about %i secrets names at most five variables, and no value', (count, beginning) => {
  const [warning = '', ...others] = secretWarnings({ NODE_ENV: 'production', ...variables(count) });
  expect(others).toEqual([]);
  expect(warning.slice(0, beginning.length)).toBe(beginning);
  expect(warning).not.toContain(value);
});

test('variables that look like no secret have no warning', () => {
  expect(secretWarnings({})).toEqual([]);
  expect(secretWarnings({ NODE_ENV: 'production', TOKEN_URL: 'https://example.org/token' })).toEqual([]);
});

test.each([
  ['beginnings of JSON with a token', '{"token":"'],
  ['beginnings of base64', 'a-B9='],
  ['beginnings of URLs with passwords', 'https://a:b'],
  ['words that stand for a secret', 'for-the-build-'],
])('the largest variables that a build may have, full of %s, are searched in linear time', (_, piece) => {
  const length = 16_384;
  const benign = leastWork(() => secretWarnings({ DB_PASSWORD: filled('an ordinary sentence. ', length) }));
  expectWork(() => secretWarnings({ DB_PASSWORD: filled(piece, length) }), 100 * benign);
});
