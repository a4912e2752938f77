import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
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
    expect({ name, secrets: secretsOfBuild({ [name]: value }) }).toEqual({
      name,
      secrets: expect.arrayContaining([value]),
    });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const password = 'p@ss w/rd&9';

test.each<[string, Record<string, string>]>([
  ['in the URL of a database', { DATABASE_URL: `postgres://tool:${encodeURIComponent(password)}@db/app` }],
  ['in a URL that is a secret itself', { DB_SECRET: `mysql://tool:${encodeURIComponent(password)}@db/app` }],
  ['in a query', { HOOK: `https://h.example/?a=1&token=${encodeURIComponent(password)}` }],
  ['in JSON', { CONFIG: JSON.stringify({ db: [{ host: 'db', password }] }) }],
  ['in JSON that is a secret itself', { DB_CREDENTIALS: JSON.stringify({ user: 'tool', password }) }],
  ['in JSON in JSON', { CONFIG: JSON.stringify({ db: JSON.stringify({ password }) }) }],
  ['in a list that is a secret itself', { APP_TOKENS: JSON.stringify(['first-one', password]) }],
  ['in base64', { DB_PASSWORD: base64(password) }],
  ['in base64 that is folded', { DB_PASSWORD: base64(password).replace(/.{8}/g, '$&\n') }],
  ['in base64 of base64', { DB_PASSWORD: base64(base64(password)) }],
  ['in base64 after the name of a user', { REGISTRY_AUTH: base64(`tool:${password.replace(' ', '')}`) }],
  ['in base64 of JSON', { CONFIG: base64(JSON.stringify({ password })) }],
  ['in base64 of a file of variables', { ENV_FILE: base64(`PORT=8080\nDB_PASSWORD='${password}'\n`) }],
  ['in a header', { AUTH: `Basic ${base64(`tool:${password.replace(' ', '')}`)}` }],
  ['in quotation marks', { DB_PASSWORD: `"${password}"` }],
  ['in quotation marks with escapes', { DB_PASSWORD: `'${password.replace('&', '\\&')}'` }],
  ['in HTML', { DB_PASSWORD: password.replace('&', '&amp;') }],
  ['encoded for a URL', { DB_PASSWORD: encodeURIComponent(password) }],
])('the secret of a variable is known as programs decode it, which got it %s', (_, envvars) => {
  const secrets = secretsOfBuild(envvars);
  expect(secrets.some((secret) => secret === password || secret === password.replace(' ', ''))).toBe(true);
});

test('the secret of a variable with doubled signs is known with single signs', () =>
  expect(secretsOfBuild({ DB_PASSWORD: 'a$$b%%c$9' })).toEqual(['a$$b%%c$9', 'a$b%c$9']));

test.each<[Record<string, string>]>([
  [{ DB_CREDENTIALS: JSON.stringify({ user: 'administrator', host: 'localhost', port: 5432, ssl: true }) }],
  [{ DB_CREDENTIALS: base64(JSON.stringify({ user: 'administrator', host: 'localhost' })) }],
  [{ KUBE_TOKEN: base64('apiVersion: v1\nkind: Config\npreferences: {}\n') }],
])('words among the secrets of %j are not masked alone', (envvars) => {
  for (const word of ['administrator', 'localhost', '5432', 'true', 'kind: Config', 'apiVersion: v1'])
    expect(secretsOfBuild(envvars)).not.toContain(word);
});

test.each([
  ['JSON that is nested deeply', '['.repeat(8000) + ']'.repeat(8000)],
  ['JSON with many members', JSON.stringify(Array(5000).fill('a9'))],
  ['many readings', '%2525'.repeat(3000)],
  ['a broken escape', '%zz\\u12&#99999999;&#xffffff;\\'],
  ['half a surrogate pair', '\\ud800\\udfff'],
])('a variable with %s is read', (_, value) =>
  expect(secretsOfBuild({ DB_PASSWORD: value }).length).toBeGreaterThan(0),
);

test('property: every value of a variable that is named like a secret is read, and known as it is', () => {
  const pieces = fc.constantFrom(
    '%',
    '%41',
    '\\',
    '\\u',
    '\\x4',
    '&#',
    '&amp;',
    '"',
    '{',
    '[',
    ':',
    ',',
    '=',
    'QUJD',
    '\n',
    '$$',
    'é',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (texts) => {
      const value = `${texts.join('')}#x9`;
      expect(secretsOfBuild({ DB_PASSWORD: value })).toContain(value);
    }),
  );
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
