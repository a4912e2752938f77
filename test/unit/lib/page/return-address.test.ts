import { expect, test } from '@jest/globals';
import { returnAddress } from '../../../../lib/page/return-address.ts';

const page = new URL('https://builds.example.org/builds/ui/');

test.each(['', 'tools/mytool', 'tools/mytool/start?ref=main', 'tools/a/builds/b/log#L1'])(
  'a sign-in leads back to the address %j of the page',
  (path) => {
    expect(returnAddress(`/builds/ui/${path}`, page)).toBe(page.href + path);
  },
);

test.each([
  '/builds/ui/session/sign-in',
  '/builds/ui/session/callback?code=x',
  '/builds/ui/icon.svg',
  '/builds/ui/tools/../session/sign-in',
  '/builds/v1/openapi.json',
  '//evil.example.org/builds/ui/',
  `/builds/ui/tools/${'é'.repeat(400)}`,
])('a sign-in leads to the first address of the page in place of %.60s', (path) => {
  expect(returnAddress(path, page)).toBe(page.href);
});
