import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { secretsOfBuild } from '../../../../../lib/logs/masking/build-secrets.ts';

const token = 'aB3dE6gH9'.repeat(4);
const manyTokens = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`TOKEN_${at}`, `${token}${at}`]));

test.each([
  [{ DB_PASSWORD: 'sunshine' }, ['sunshine']],
  [{ my_api_tokens: token }, [token]],
  [{ clientSecret: 'Tr0ub4dor-9' }, ['Tr0ub4dor-9']],
  [{ DATABASE_URL: 'postgres://tool:Tr0ub4dor-9@db/app' }, ['Tr0ub4dor-9']],
  [{ X: `ghp_${token}` }, [`ghp_${token}`]],
  [{ SOMETHING: token }, [token]],
  [{ TLS_PRIVATE_KEY: 'line one of it\nline two of it' }, ['line one of it\nline two of it']],
])('the secrets of a build with %j are %j', (envvars: Record<string, string>, secrets) =>
  expect(secretsOfBuild(envvars)).toEqual(secrets),
);

test.each([
  'xK9.qZ7p.ab',
  'Zx81kq/Lw92.me',
  'npm:abc123',
  'git:Xk29Qp',
  'sha-12ab34cd',
  '<Xk29Qpzz>',
  '$ecret99',
  'yourMom1234',
  '1.2.3-rc4',
  'https://x',
  'name@1.2.3',
  '/Xk29Qpzz+ab',
  '%abc%D9',
  '{{a}}b{c',
  'enc(abc)',
  '12345678',
  '  padded-9  ',
  '))))))',
])('a variable that is named like a secret is masked by its value %j', (value) => {
  for (const name of ['DB_PASSWORD', 'API_TOKEN', 'MY_PW', 'OAUTH', 'CREDS', 'GH_PAT', 'github_oauth', 'Aws_Creds_2'])
    expect({ name, secrets: secretsOfBuild({ [name]: value }) }).toEqual({ name, secrets: [value] });
});

test.each(['PATH', 'SPAWN', 'PATTERN', 'OAUTH_URL', 'CREDIT', 'SACRED', 'COMPAT', 'EXPAT'])(
  'a variable with the name %s is not named like a secret',
  (name) => expect(secretsOfBuild({ [name]: 'word-or-two' })).toEqual([]),
);

test.each([
  '',
  '$DB_PW',
  '\u0024{db_pw}',
  '%DB_PW%',
  '{{ vault.db }}',
  '<your-password>',
  'changeme',
  'change-me',
  'xxxxxxxx',
  '********',
  '[redacted]',
  '/run/secrets/database',
  './config/db.key',
  '../db.key',
  '~/.netrc',
])('a variable that is named like a secret may have the value %j, which is none', (value) => {
  for (const name of ['DB_PASSWORD', 'API_TOKEN', 'GH_PAT']) expect(secretsOfBuild({ [name]: value })).toEqual([]);
});

test.each([
  [undefined],
  [{}],
  [{ NODE_ENV: 'production', PORT: '8080', TOKEN_TTL: '3600', PASSWORD_MIN_LENGTH: '12' }],
  [{ COMMIT: '0123456789abcdef0123456789abcdef01234567', API_TOKEN: '', DB_PASSWORD: 'changeme' }],
  [{ PATH: '/usr/local/bin:/usr/bin', PASSWORD_FILE: '/run/secrets/db', AUTH: 'enabled' }],
  [{ HOMEPAGE: 'https://example.org/a/b', GREETING: 'Hello, world', TZ: 'Europe/Berlin' }],
])('a build with %j has no secret', (envvars: Record<string, string> | undefined) =>
  expect(secretsOfBuild(envvars)).toEqual([]),
);

test('every variable that the API accepts in a build is masked by its value if it holds a secret', () => {
  const api = JSON.parse(readFileSync('openapi/generated/openapi.json', 'utf8')) as {
    components: { schemas: { BuildParameters: { properties: { envvars: { maxProperties: number } } } } };
  };
  const most = api.components.schemas.BuildParameters.properties.envvars.maxProperties;
  const urls = Array.from({ length: 300 }, (_, at) => `https://a:Tr0ub4dor-${at}@b`).join(' ');
  const envvars = { URLS: urls, ...manyTokens(most) };
  expect(secretsOfBuild(envvars)).toEqual(expect.arrayContaining(Object.values(manyTokens(most))));
});

test('the number of known secrets of a build has a limit', () => {
  expect(secretsOfBuild(manyTokens(500))).toHaveLength(128);
  const urls = Array.from({ length: 500 }, (_, at) => `https://a:Tr0ub4dor-${at}@b`).join(' ');
  expect(secretsOfBuild({ URLS: urls })).toHaveLength(128);
});
