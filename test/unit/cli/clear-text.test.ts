import { expect, test } from '@jest/globals';
import { isReadable } from '../../../cli/clear-text.ts';

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
])('what is sent to %s can be read on the way: %s', (url, readable) => {
  expect(isReadable(new URL(url))).toBe(readable);
});
