import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  applyChanges,
  baseEnvironment,
  stepEnvironment,
  withUserVariables,
} from '../../../../embedded/lifecycle/environment.ts';

/** A machine with passwords wherever it may have some. */
const machine = {
  PATH: '/opt/node@24/bin:/usr/bin',
  HTTPS_PROXY: 'http://ada:p4ss@proxy.example:3128',
  http_proxy: 'http://ada:p4ss@proxy.example:3128',
  ALL_PROXY: 'socks5h://ada:p4ss@proxy.example',
  NO_PROXY: '.example.org,10.0.0.0/8',
  PIP_FIND_LINKS: 'https://u:p4ss@a.example/  https://b.example/ /srv/wheels@1',
  npm_config_registry: 'https://:p4ss@npm.example/@scope',
  NPM_TOKEN: 'p4ss',
  PIP_INDEX_URL: 'https://u:p4ss@pypi.example/',
  AWS_SECRET_ACCESS_KEY: 'p4ss',
};

test('a step sees places of packages without passwords, and no proxy or other variable that may hold a secret', () => {
  expect(stepEnvironment(machine)).toEqual({
    PATH: '/opt/node@24/bin:/usr/bin',
    PIP_FIND_LINKS: 'https://a.example/  https://b.example/ /srv/wheels@1',
    npm_config_registry: 'https://npm.example/@scope',
  });
});

test('a step sees the proxy that it is given, under every name, and reaches this machine without one', () => {
  const relay = 'http://builds:relay@127.0.0.1:1234';
  const none = '.example.org,10.0.0.0/8,localhost,127.0.0.1,::1';
  const seen = stepEnvironment(machine, relay);
  expect(seen).toMatchObject({ HTTPS_PROXY: relay, HTTP_PROXY: relay, https_proxy: relay, http_proxy: relay });
  expect(seen).toMatchObject({ NO_PROXY: none, no_proxy: none });
  expect(JSON.stringify(seen)).not.toContain('p4ss');
  expect(stepEnvironment({}, relay)).toMatchObject({ NO_PROXY: 'localhost,127.0.0.1,::1' });
  expect(stepEnvironment({ no_proxy: 'a.test', NO_PROXY: 'b.test' }, relay).NO_PROXY).toMatch(/^a\.test,localhost/);
});

test.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'PIP_CERT'])(
  'a step and its buildpacks see the certificates of %s, whatever folder they run in',
  (name) => {
    const seen = stepEnvironment({ [name]: 'own/ca.pem' });
    expect(seen).toEqual({ [name]: join(process.cwd(), 'own/ca.pem') });
    expect(baseEnvironment(seen)).toEqual(seen);
  },
);

test.each(['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'npm_config_cafile', 'NPM_CONFIG_CAFILE', 'YARN_HTTPS_CA_FILE_PATH'])(
  'a step and its buildpacks see the certificates of %s',
  (name) => {
    const seen = stepEnvironment({ [name]: '/etc/ca.pem' });
    expect(baseEnvironment(seen)).toEqual({ [name]: '/etc/ca.pem' });
  },
);

test('a list of folders with certificates stays a list', () => {
  expect(stepEnvironment({ SSL_CERT_DIR: '/a:b:' })).toEqual({ SSL_CERT_DIR: `/a:${join(process.cwd(), 'b')}:` });
});

test('a buildpack sees everything that a step gets from the machine, and nothing else of a step', () => {
  const seen = stepEnvironment(machine, 'http://builds:relay@127.0.0.1:1234');
  expect(baseEnvironment({ ...seen, HOSTNAME: 'pod', OTHER: 'x' })).toEqual(seen);
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
