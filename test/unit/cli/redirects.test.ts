import { expect, test } from '@jest/globals';
import { redirectTarget } from '../../../cli/redirects.ts';

const from = new URL('https://api.example.org/builds/v1/tool/demo/builds');
const follow = (status: number, location: string | undefined, method = 'GET', start = from) =>
  redirectTarget({ status, location }, start, method).href;

test.each([301, 302, 303, 307, 308])('redirectTarget follows a GET with HTTP status %i within the server', (status) => {
  expect(follow(status, '/moved?x=1')).toBe('https://api.example.org/moved?x=1');
  expect(follow(status, 'https://API.example.org:443/moved')).toBe('https://api.example.org/moved');
});

test('redirectTarget repeats a POST after 307 and 308 only', () => {
  expect([follow(307, '/moved', 'POST'), follow(308, '/moved', 'POST')]).toEqual(
    Array(2).fill('https://api.example.org/moved'),
  );
  for (const status of [301, 302, 303])
    expect(() => follow(status, '/moved', 'POST')).toThrow('would lose the request');
});

test.each([
  ['another host', 'https://evil.example/'],
  ['another port', 'https://api.example.org:8443/'],
  ['plain http', 'http://api.example.org/'],
  ['a host without a scheme', '//evil.example/'],
  ['a backslash', '\\\\evil.example/'],
  ['the name of a user', 'https://api.example.org@evil.example/'],
  ['a scheme without a host', 'data:text/plain,x'],
  ['a script', 'javascript:alert(1)'],
  ['a file', 'file:///etc/passwd'],
])('redirectTarget refuses %s', (_, location) => {
  expect(() => follow(307, location)).toThrow('which is another server');
});

test.each(['https://evil@api.example.org/', 'https://:p4ss@api.example.org/x', '//ada:p4ss@api.example.org'])(
  'redirectTarget refuses %s for the name of a user in it, and does not quote that name',
  (location) => {
    for (const method of ['GET', 'POST'])
      expect(() => follow(307, location, method)).toThrow(
        expect.objectContaining({
          message:
            'https://api.example.org redirects to an address of its own that has the name of a user before the host.',
          hint: expect.stringMatching(/^A credential is never sent to such an address/),
        }),
      );
  },
);

test.each([undefined, '', 'https://', 'http://[::1'])('redirectTarget refuses %j, which is no URL', (location) => {
  expect(() => follow(308, location)).toThrow(
    'https://api.example.org redirects with HTTP status 308, but not to a URL.',
  );
});

test('redirectTarget does not follow from http to https, and says which address to use', () => {
  const start = new URL('http://api.example.org/builds/v1/whoami');
  expect(() => follow(301, 'https://api.example.org/builds/v1/whoami', 'GET', start)).toThrow(
    expect.objectContaining({
      message: 'http://api.example.org wants encrypted connections: it redirects to https://api.example.org.',
      hint: expect.stringContaining('use https://api.example.org in the address'),
    }),
  );
});
