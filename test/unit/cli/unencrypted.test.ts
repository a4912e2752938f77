import { expect, test } from '@jest/globals';
import { isUnencrypted } from '../../../cli/unencrypted.ts';

test.each([
  ['https://api.example.org', false],
  ['http://api.example.org', true],
  ['http://127.0.0.1:8080', false],
  ['http://127.1', false],
  ['http://[::1]:8080', false],
  ['http://localhost', false],
  ['http://api.localhost', false],
  ['http://localhost.example.org', true],
  ['http://127.0.0.1.example.org', true],
  ['http://10.0.0.1', true],
])('isUnencrypted tells whether a request to %s crosses a network unencrypted: %s', (url, expected) => {
  expect(isUnencrypted(new URL(url))).toBe(expected);
});
