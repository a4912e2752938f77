// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the corpus has placeholders such as ${TOKEN}
/**
 * Secrets of known forms for tests. No secret is real: each is made from its form and a fixed sequence of characters,
 * so the repository contains no credential.
 */
const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const lower = 'abcdefghjkmnpqrstuvwxyz';
const alnum = `${upper}${lower}23456789`;

export const take = (set: string, count: number, seed: number): string => {
  let state = seed * 7919 + 17;
  return Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return set.charAt(Math.floor(state / 65536) % set.length);
  }).join('');
};

export const a = (count: number, seed: number) => `${take(alnum, count - 2, seed)}x7`;
export const hex = (count: number, seed: number) => take('0123456789abcdef', count, seed);
const base32 = (count: number, seed: number) => take('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', count, seed);
const jwt = (seed: number) => `eyJ${a(30, seed)}.eyJ${a(60, seed + 1)}.${a(43, seed + 2)}`;
const basic = (seed: number) => Buffer.from(`robot$tool:${a(24, seed)}`).toString('base64');

/** A secret, and a line of a log that contains the secret. */
export type Sample = { name: string; secret: string; line: string };

const sample = (name: string, secret: string, line: (secret: string) => string = (s) => `value ${s} end`): Sample => ({
  name,
  secret,
  line: line(secret),
});

const single: Sample[] = [
  ...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((p, at) => sample(`GitHub ${p}`, `${p}_${a(36, at)}`)),
  sample('GitHub fine-grained', `github_pat_${a(22, 6)}_${a(59, 7)}`, (s) => `GITHUB=${s}`),
  ...['glpat', 'glptt', 'glrt', 'gldt', 'glcbt', 'glsoat'].map((p, at) =>
    sample(`GitLab ${p}`, `${p}-${a(20, 10 + at)}`, (s) => `token:${s}.`),
  ),
  sample('AWS key id', `AKIA${base32(16, 20)}`),
  sample('AWS temporary key id', `ASIA${base32(16, 21)}`),
  sample('AWS secret, ini', a(40, 22), (s) => `aws_secret_access_key = ${s}`),
  sample('AWS secret, environment', a(40, 23), (s) => `export AWS_SECRET_ACCESS_KEY=${s}`),
  sample('AWS session', a(200, 24), (s) => `AWS_SESSION_TOKEN="${s}"`),
  sample(
    'AWS signed URL',
    hex(64, 25),
    (s) => `GET https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=${s}&x=1`,
  ),
  sample('JWT', jwt(30)),
  sample('JWT in a URL', jwt(33), (s) => `GET /cb?id_token=${s}&state=1`),
  sample('npm', `npm_${a(36, 40)}`),
  sample('npmrc', a(36, 41), (s) => `//registry.example.org/:_authToken=${s}`),
  sample('npmrc password', a(24, 42), (s) => `//npm.example/:_password="${s}"`),
  sample('PyPI', `pypi-${a(120, 43)}`),
  ...['xoxb', 'xoxp', 'xoxa', 'xapp'].map((p, at) =>
    sample(`Slack ${p}`, `${p}-${take('0123456789', 12, 50 + at)}-${a(24, 50 + at)}`),
  ),
  sample(
    'Slack hook',
    `T${base32(8, 55)}/B${base32(8, 56)}/${a(24, 57)}`,
    (s) => `POST https://hooks.slack.com/services/${s}`,
  ),
  sample('Stripe live', `sk_live_${a(24, 60)}`),
  sample('Stripe restricted', `rk_test_${a(24, 61)}`),
  sample('Stripe webhook', `whsec_${a(32, 62)}`),
  sample('Google API key', `AIza${a(35, 63)}`),
  sample('Google OAuth', `ya29.${a(60, 64)}`),
  sample('Google client', `GOCSPX-${a(28, 65)}`),
  sample('OpenAI', `sk-proj-${a(48, 66)}`),
  sample('Vault', `hvs.${a(90, 67)}`),
  sample('DigitalOcean', `dop_v1_${hex(64, 68)}`),
  sample('SendGrid', `SG.${a(22, 69)}.${a(43, 70)}`),
  sample('Docker Hub', `dckr_pat_${a(27, 71)}`),
  sample('Terraform', `${a(14, 72)}.atlasv1.${a(67, 73)}`),
  sample('Databricks', `dapi${hex(32, 74)}`),
  sample('Shopify', `shpat_${hex(32, 75)}`),
  sample('Telegram', `${take('123456789', 9, 76)}:AA${a(33, 77)}`),
  sample('Hugging Face', `hf_${a(34, 78)}`),
  sample('RubyGems', `rubygems_${hex(48, 79)}`),
  sample('age', `AGE-SECRET-KEY-1${base32(58, 80)}`),
  sample('Authorization: Bearer', a(40, 81), (s) => `> Authorization: Bearer ${s}`),
  sample('authorization: basic', basic(82), (s) => `authorization: basic ${s}`),
  sample('Authorization in JSON', basic(83), (s) => JSON.stringify({ headers: { Authorization: `Basic ${s}` } })),
  sample('Authorization in JSON in JSON', a(40, 84), (s) =>
    JSON.stringify(JSON.stringify({ Authorization: `Bearer ${s}` })),
  ),
  sample('Authorization of curl', a(40, 85), (s) => `curl -H 'Authorization: token ${s}' https://example.org/`),
  sample('Authorization without scheme', a(40, 86), (s) => `Authorization: ${s}`),
  sample('Proxy-Authorization', basic(87), (s) => `Proxy-Authorization: Basic ${s}`),
  sample('bearer alone', a(40, 88), (s) => `using bearer ${s}`),
  sample('Private-Token', a(20, 89), (s) => `PRIVATE-TOKEN: ${s}`),
  sample('X-Api-Key', a(32, 90), (s) => `"x-api-key": "${s}"`),
  sample('Cookie', `session=${a(32, 91)}`, (s) => `< Set-Cookie: ${s}; HttpOnly`),
  sample('gateway secret', a(32, 92), (s) => `X-Toolforge-Gateway-Secret: ${s}`),
  sample('URL password', a(20, 93), (s) => `Cloning https://user:${s}@git.example.org/r.git`),
  sample('URL password with @', `p@${a(18, 94)}`, (s) => `https://user:${s}@git.example.org/`),
  sample('URL password, no user', a(16, 95), (s) => `redis://:${s}@cache:6379/0`),
  sample('database URL', a(16, 96), (s) => `DATABASE_URL=postgresql+psycopg2://app:${s}@db/app`),
  sample('URL token', a(40, 97), (s) => `remote https://${s}@github.com/o/r`),
  sample('query token', a(32, 98), (s) => `https://example.org/api?a=1&access_token=${s}#x`),
  sample(
    'private key in one line',
    `MIIE${a(200, 99)}`,
    (s) => `KEY="-----BEGIN PRIVATE KEY-----\\n${s}\\n-----END PRIVATE KEY-----\\n"`,
  ),
  sample('docker config auth', basic(100), (s) => `{"auths":{"https://index.docker.io/v1/":{"auth":"${s}"}}}`),
  sample('docker config identity token', a(60, 101), (s) => `{"auths":{"r.example":{"identitytoken": "${s}"}}}`),
  sample('docker config password', a(20, 102), (s) => `  "password": "${s}",`),
  sample('environment password', a(20, 103), (s) => `+ REGISTRY_PASSWORD=${s} ./push`),
  sample('environment API key', a(20, 104), (s) => `SERVICE_API_KEY='${s}'`),
  sample('option', a(20, 105), (s) => `docker login -u robot --password ${s} registry.example`),
  sample('option with =', a(20, 106), (s) => `tool --token=${s} run`),
  sample('within colours', `\u001b[01;31mghp_\u001b[0m${a(36, 107)}`),
];

type Form = [name: string, secret: (seed: number) => string];

/** Tokens that a secret rule recognises by their own form. */
const tokens: Form[] = [
  ['GitHub', (n) => `ghp_${a(36, n)}`],
  ['GitHub app', (n) => `ghs_${a(36, n)}`],
  ['GitHub fine-grained', (n) => `github_pat_${a(22, n)}_${a(59, n + 1)}`],
  ['GitLab', (n) => `glpat-${a(20, n)}`],
  ['GitLab runner', (n) => `GR1348941${a(24, n)}`],
  ['AWS key id', (n) => `AKIA${base32(16, n)}`],
  ['JWT', jwt],
  ['npm', (n) => `npm_${a(36, n)}`],
  ['PyPI', (n) => `pypi-${a(120, n)}`],
  ['Slack', (n) => `xoxb-${take('0123456789', 12, n)}-${a(24, n)}`],
  ['Stripe', (n) => `sk_live_${a(24, n)}`],
  ['Google', (n) => `AIza${a(35, n)}`],
  ['Vault', (n) => `hvs.${a(90, n)}`],
  ['DigitalOcean', (n) => `dop_v1_${hex(64, n)}`],
  ['SendGrid', (n) => `SG.${a(22, n)}.${a(43, n + 1)}`],
  ['Docker Hub', (n) => `dckr_pat_${a(27, n)}`],
  ['Databricks', (n) => `dapi${hex(32, n)}`],
  ['Hugging Face', (n) => `hf_${a(34, n)}`],
  ['Grafana', (n) => `glsa_${a(32, n)}_${hex(8, n)}`],
  ['Sentry', (n) => `sntrys_${a(60, n)}`],
  ['Netlify', (n) => `nfp_${a(40, n)}`],
  ['Linear', (n) => `lin_api_${a(40, n)}`],
];

type Place = [name: string, line: (secret: string) => string];

/** Lines of a build's log in which a token appears. */
const places: Place[] = [
  ['alone', (s) => s],
  ['traced', (s) => `+ curl -fsSL -H 'X-Custom: ${s}' https://example.org/`],
  ['in JSON', (s) => JSON.stringify({ level: 'info', detail: { value: s } })],
  ['in an error', (s) => `Error: request to https://example.org/?q=1 with "${s}" failed: 403`],
  ['coloured', (s) => `\u001b[31m${s}\u001b[0m`],
];

/** Passwords without a form of their own. They are recognised by the text around them. */
const contexts: Place[] = [
  ['basic in a header', (s) => `> Authorization: Basic ${Buffer.from(`robot:${s}`).toString('base64')}`],
  ['bearer in a header', (s) => `  authorization: Bearer ${s}`],
  ['header of curl', (s) => `* [HTTP/2] [1] [authorization: Bearer ${s}]`],
  ['token header', (s) => `X-Auth-Token: ${s}`],
  ['gateway header', (s) => `x-toolforge-gateway-secret: ${s}`],
  ['URL', (s) => `fatal: unable to access 'https://robot:${s}@git.example.org/r.git/': 403`],
  ['registry URL', (s) => `pushing to https://robot$tool:${s}@registry.example/v2/`],
  ['npmrc', (s) => `//registry.example/:_authToken=${s}`],
  ['environment', (s) => `declare -x REGISTRY_PASSWORD="${s}"`],
  ['environment, token', (s) => `env: CI_JOB_TOKEN=${s}`],
  ['option', (s) => `+ docker login --username robot --password ${s} registry.example`],
  ['query', (s) => `GET /v2/token?service=r&refresh_token=${s}&x=1`],
  ['docker config', (s) => `{"auths":{"r.example":{"username":"robot","password":"${s}"}}}`],
  ['docker auth', (s) => `      "auth": "${Buffer.from(`robot:${s}`).toString('base64')}"`],
  ['JSON secret', (s) => `{"client_id":"tool","client_secret":"${s}"}`],
];

const shownSecret = (secret: string, line: string): string =>
  line.includes(secret) ? secret : Buffer.from(`robot:${secret}`).toString('base64').replace(/=+$/, '');

/** Lines with every token in every kind of line, and lines with a password in every context. */
const combined: Sample[] = [
  ...tokens.flatMap(([name, make], at) =>
    places.map(([place, line], where) => sample(`${name} ${place}`, make(200 + at * 10 + where), line)),
  ),
  ...contexts.flatMap(([name, line], at) =>
    [20, 33, 64].map((length) => {
      const secret = a(length, 600 + at * 5 + length);
      return { name: `${name}, ${length} characters`, secret: shownSecret(secret, line(secret)), line: line(secret) };
    }),
  ),
];

export const secrets: Sample[] = [...single, ...combined];
