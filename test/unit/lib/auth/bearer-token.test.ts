import { describe, expect, test } from '@jest/globals';
import { bearerToken } from '../../../../lib/auth/bearer-token.ts';
import { otherSpellings } from '../../../support/auth/spellings.ts';
import { newToken } from '../../../support/auth/tokens.ts';

const token = await newToken();

const refusal = expect.objectContaining({ status: 401, code: 'token_invalid' });

test('bearerToken returns the token of an Authorization header, and undefined without a header', () => {
  expect(bearerToken(`Bearer ${token}`)).toBe(token);
  expect(bearerToken(`bearer ${token}`)).toBe(token);
  expect(bearerToken(undefined)).toBeUndefined();
});

describe('bearerToken refuses', () => {
  test.each(Object.entries(otherSpellings(token)))('a token with %s', (_, spelling) => {
    expect(() => bearerToken(`Bearer ${spelling}`)).toThrow(refusal);
  });

  test('a token for which 15 other last characters mean the same bytes, with any of these', () => {
    const endings = Object.keys(otherSpellings(token)).filter((name) => name.startsWith('other unused bits'));
    expect(endings).toHaveLength(15);
  });

  test.each([
    ['', ''],
    ['without a token', 'Bearer'],
    ['with two spaces', `Bearer  ${token}`],
    ['with a tab', `Bearer\t${token}`],
    ['with a space before it', ` Bearer ${token}`],
    ['with a space after it', `Bearer ${token} `],
    ['of another scheme', `Basic ${token}`],
    ['with two tokens', `Bearer ${token} ${token}`],
    ['of two headers that a proxy joined', `Bearer ${token}, Bearer ${token}`],
    ['with a parameter', `Bearer token="${token}"`],
    ['with two parts', `Bearer ${token.replace(/\.[^.]*$/, '')}`],
    ['with empty parts', 'Bearer ..'],
    ['with the plain base64 alphabet', 'Bearer YQ.YQ.+/+/'],
    ['with a length that no bytes have', 'Bearer YWFhY.YWFh.YWFh'],
    ['longer than 8,192 characters', `Bearer YWFh.${'YWFh'.repeat(2048)}.YWFh`],
  ])('an Authorization header %s', (_, header) => {
    expect(() => bearerToken(header)).toThrow(refusal);
  });
});
