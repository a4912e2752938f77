import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyChanges, baseEnvironment, withUserVariables } from '../../../../embedded/lifecycle/environment.ts';

test.each([
  ['http://proxy.example:3128', 'http://proxy.example:3128'],
  ['http://user:p4ss@proxy.example:3128/', 'http://proxy.example:3128/'],
  ['http://user:p4ss@w@proxy.example', 'http://proxy.example'],
  ['http://user:p4/ss@proxy.example', 'http://proxy.example'],
  ['user:p4ss@proxy.example:3128', 'proxy.example:3128'],
  ['socks5h://p4ss@[::1]:1080', 'socks5h://[::1]:1080'],
  ['', ''],
])('a buildpack sees the proxy %s as %s', (given, seen) => {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'])
    expect(baseEnvironment({ [name]: given })).toEqual({ [name]: seen });
});

test('a buildpack sees places of packages without passwords, and no other variable that may hold a secret', () => {
  expect(
    baseEnvironment({
      PATH: '/opt/node@24/bin:/usr/bin',
      PIP_FIND_LINKS: 'https://u:p4ss@a.example/  https://b.example/ /srv/wheels@1',
      npm_config_registry: 'https://:p4ss@npm.example/@scope',
      NPM_TOKEN: 'p4ss',
      PIP_INDEX_URL: 'https://u:p4ss@pypi.example/',
      AWS_SECRET_ACCESS_KEY: 'p4ss',
    }),
  ).toEqual({
    PATH: '/opt/node@24/bin:/usr/bin',
    PIP_FIND_LINKS: 'https://a.example/  https://b.example/ /srv/wheels@1',
    npm_config_registry: 'https://npm.example/@scope',
  });
});

test('property: no part of a password in the URL of a proxy reaches a buildpack', () => {
  const password = fc.string({ unit: fc.constantFrom('P', '/', '@', ':', '?', '#', '%', '.'), minLength: 1 });
  fc.assert(
    fc.property(password, fc.constantFrom('http://', 'https://', ''), (given, scheme) => {
      const { HTTP_PROXY } = baseEnvironment({ HTTP_PROXY: `${scheme}user:${given}@proxy.example:1` });
      expect(HTTP_PROXY).toBe(`${scheme}proxy.example:1`);
    }),
  );
});

test.each(['__proto__', 'constructor', 'toString'])('a user may have a variable with the name %s', (name) => {
  const user = JSON.parse(`{"${name}":"mine","OTHER":"x"}`) as Record<string, string>;
  const all = withUserVariables({ PATH: '/bin' }, user);
  expect(Object.entries(all)).toEqual([
    ['PATH', '/bin'],
    [name, 'mine'],
    ['OTHER', 'x'],
  ]);
  expect(Object.getPrototypeOf(all)).toBe(Object.prototype);
});

test.each(['__proto__', 'constructor'])('a layer may append to a variable with the name %s', (name) => {
  const append = { name, action: 'append', value: 'b', delimiter: ':' } as const;
  expect(Object.entries(applyChanges({}, [append, { ...append, value: 'c' }]))).toEqual([[name, 'b:c']]);
});
