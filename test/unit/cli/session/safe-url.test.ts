import { expect, test } from '@jest/globals';
import { safeUrl } from '../../../../cli/session/safe-url.ts';

const issuer = new URL('https://id.example.org/realm');

test.each([
  ['https://id.example.org/go?code=A-B', 'https://id.example.org/go?code=A-B'],
  ['https://other.example/device', 'https://other.example/device'],
  ['HTTPS://Other.example:443', 'https://other.example/'],
  ['http://127.0.0.1:8080/go', 'http://127.0.0.1:8080/go'],
  ['http://localhost/go', 'http://localhost/go'],
])('safeUrl accepts %s', (text, href) => {
  expect(safeUrl(text, 'It', issuer)).toBe(href);
});

test.each([
  ['javascript:alert(1)', 'neither an http nor an https URL'],
  ['JavaScript:alert(1)', 'neither an http nor an https URL'],
  ['file:///etc/passwd', 'neither an http nor an https URL'],
  ['data:text/html,x', 'neither an http nor an https URL'],
  ['vscode://file/x', 'neither an http nor an https URL'],
  ['mailto:x@example.org', 'neither an http nor an https URL'],
  ['blob:https://id.example.org/x', 'neither an http nor an https URL'],
  ['http://id.example.org/go', 'not encrypted'],
  ['http://localhost.evil.example/', 'not encrypted'],
  ['https://id.example.org@evil.example/', 'the name of a user'],
  ['https://:x@evil.example/', 'the name of a user'],
  ['--help', 'not a URL'],
  ['', 'not a URL'],
  ['id.example.org', 'not a URL'],
  [' https://id.example.org', 'not a URL'],
  ['https://id.example.org/\n', 'not a URL'],
  ['ht\ntps://id.example.org/', 'not a URL'],
  ['https://id.example.org/\u001b[8m', 'not a URL'],
  ['https://id.example.org/\u202egpj.exe', 'not a URL'],
  ['https://аpple.example/', 'not a URL'],
  [`https://id.example.org/${'a'.repeat(9000)}`, 'longer than 8192 characters'],
])('safeUrl refuses %j, without quoting it', (text, reason) => {
  const act = () => safeUrl(text, 'The token_endpoint of https://id.example.org', issuer);
  expect(act).toThrow(reason);
  expect(act).toThrow(/^The token_endpoint of https:\/\/id\.example\.org is [\x20-\x7e]+$/);
});

test('safeUrl lets an issuer at an http address name addresses of its own origin only', () => {
  const cluster = new URL('http://sign-in.builds.svc');
  expect(safeUrl('http://sign-in.builds.svc/device', 'It', cluster)).toBe('http://sign-in.builds.svc/device');
  expect(() => safeUrl('http://evil.example/device', 'It', cluster)).toThrow('not encrypted');
  expect(() => safeUrl('http://sign-in.builds.svc:8080/', 'It', cluster)).toThrow('not encrypted');
});
