import { expect, test } from '@jest/globals';
import { canonicalOrigin, isSameOrigin } from '../../../cli/origin.ts';

test.each([
  ['https://api.example.org', 'https://API.Example.ORG:443/some/path?q#f', true],
  ['https://api.example.org.', 'https://api.example.org', true],
  ['https://api.example.org:6443', 'https://api.example.org:06443/', true],
  ['https://[::1]:6443', 'https://[0:0:0:0:0:0:0:1]:6443', true],
  ['https://127.1', 'https://127.0.0.1', true],
  ['https://bücher.example', 'https://xn--bcher-kva.example', true],
  ['https://api.example.org', 'http://api.example.org', false],
  ['https://api.example.org', 'http://api.example.org:443', false],
  ['https://api.example.org', 'https://api.example.org:6443', false],
  ['https://api.example.org', 'https://api.example.org.evil.example', false],
  ['https://api.example.org', 'https://api.example.org@evil.example', false],
  ['https://api.example.org', 'https://evil.example/https://api.example.org', false],
  ['https://api.example.org', 'https://api.example.org..', false],
])('isSameOrigin compares %s and %s: %s', (one, other, expected) => {
  expect(isSameOrigin(new URL(one), new URL(other))).toBe(expected);
});

test('canonicalOrigin shows scheme, host and port in one spelling', () => {
  expect(canonicalOrigin(new URL('HTTPS://Api.Example.org.:6443/x'))).toBe('https://api.example.org:6443');
});
