import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Failure } from '../../../cli/failure.ts';
import { loadSettings } from '../../../cli/settings.ts';
import type { Sources } from '../../../cli/sources.ts';
import { folder, remove } from './support.ts';

let home: string;
let etc: string;
beforeEach(() => {
  home = folder();
  etc = join(home, 'etc');
  mkdirSync(etc);
});
afterEach(() => remove(home));

const write = (path: string, text: string): string => {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), text, { mode: 0o600 });
  return join(home, path);
};

/** Address of the API, for which the kubeconfigs of the tests are made unless a test says otherwise. */
const address = 'https://api.example.org:30003';
const kubeconfig = (user: string, { namespace = 'tool-demo', cluster = `{server: "${address}"}` } = {}): string =>
  `apiVersion: v1
kind: Config
current-context: here
contexts: [{name: other, context: {user: nobody}}, {name: here, context: {cluster: k, user: me, namespace: ${namespace}}}]
clusters: [{name: k, cluster: ${cluster}}]
users: [{name: me, user: ${user}}]
`;

const load = (env: Sources['env'], flags: Partial<Sources> = {}) =>
  loadSettings({ env, home, etc, tool: undefined, apiUrl: undefined, ...flags });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const apiVariable = { TOOL_TOOLFORGE_API_URL: address };

test('loadSettings reads the tool and a certificate from ~/.kube/config and the files that it names', async () => {
  write('.kube/config', kubeconfig('{client-certificate: me.crt, client-key: ../me.key}'));
  write('.kube/me.crt', 'CERT');
  write('me.key', 'KEY');
  const settings = await load(apiVariable);
  expect(settings).toMatchObject({ tool: 'demo', token: undefined });
  expect(settings.base.href).toBe('https://api.example.org:30003/builds/v1');
  expect(settings.tls).toMatchObject({ verify: true, certificate: { cert: 'CERT', key: 'KEY' } });
});

test('loadSettings skips files of KUBECONFIG that do not exist, and reads inline certificates and authority', async () => {
  const user = `{client-certificate-data: ${base64('C')}, client-key-data: ${base64('K')}, token: unused}`;
  const file = write(
    'kc',
    kubeconfig(user, { cluster: `{server: "${address}", certificate-authority-data: ${base64('CA')}}` }),
  );
  const { tls, token } = await load({
    ...apiVariable,
    KUBECONFIG: `/nowhere/kc:${file}`,
    CURL_CA_BUNDLE: write('bundle', 'BUNDLE'),
  });
  expect(tls).toEqual({ verify: true, ca: ['CA', 'BUNDLE'], certificate: { cert: 'C', key: 'K' } });
  expect(token).toBeUndefined();
});

test('loadSettings prefers TOOLFORGE_TOKEN, then a certificate, then a token of the kubeconfig', async () => {
  const env = { ...apiVariable, KUBECONFIG: write('kc', kubeconfig('{token: abc}')) };
  expect((await load(env)).token).toBe('abc');
  expect((await load({ ...env, TOOLFORGE_TOKEN: 'own\n' })).token).toBe('own');
  const certificate = write(
    'kc2',
    kubeconfig(`{client-certificate-data: ${base64('C')}, client-key-data: ${base64('K')}}`),
  );
  expect(await load({ ...apiVariable, KUBECONFIG: certificate, TOOLFORGE_TOKEN: 'own' })).toMatchObject({
    token: 'own',
    tls: { certificate: undefined },
  });
});

test('loadSettings reads the file that tokenFile of the kubeconfig names', async () => {
  write('token', 'from-file\n');
  expect((await load({ ...apiVariable, KUBECONFIG: write('kc', kubeconfig('{tokenFile: token}')) })).token).toBe(
    'from-file',
  );
});

describe('insecure-skip-tls-verify of a kubeconfig', () => {
  const insecure = { cluster: `{server: "${address}", insecure-skip-tls-verify: true}` };

  test("turns verification off for the kubeconfig's own token, with a warning", async () => {
    const KUBECONFIG = write('kc', kubeconfig('{token: a}', insecure));
    const { tls, warnings } = await load({ ...apiVariable, KUBECONFIG });
    expect(tls).toMatchObject({ verify: false, ca: [] });
    expect(warnings).toEqual([
      expect.stringMatching(/^The certificate of api\.example\.org:30003 is not verified, because .*kc says insecure/),
    ]);
  });

  test.each([['TOOLFORGE_TOKEN'], ['TOOLFORGE_TOKEN_COMMAND']])('does not apply to the token of %s', async (name) => {
    const KUBECONFIG = write('kc', kubeconfig('{token: a}', insecure));
    const { tls, warnings } = await load({ ...apiVariable, KUBECONFIG, [name]: 'echo-token' });
    expect(tls?.verify).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('does not apply to another server, also of the same deployment', async () => {
    const KUBECONFIG = write(
      'kc',
      kubeconfig('{token: a}', { cluster: '{server: "https://k8s.example.org", insecure-skip-tls-verify: true}' }),
    );
    write('.toolforge.yaml', `api_gateway: {url: "${address}", kubernetes_url: "https://k8s.example.org"}\n`);
    const { tls, token } = await load({ ...apiVariable, KUBECONFIG });
    expect({ token, verify: tls?.verify }).toEqual({ token: 'a', verify: true });
  });
});

test('--tool, then TOOLFORGE_TOOL, then the namespace names the tool', async () => {
  const env = { ...apiVariable, KUBECONFIG: write('kc', kubeconfig('{token: a}')) };
  expect((await load(env)).tool).toBe('demo');
  expect((await load({ ...env, TOOLFORGE_TOOL: 'two' })).tool).toBe('two');
  expect((await load({ ...env, TOOLFORGE_TOOL: 'two' }, { tool: 'three' })).tool).toBe('three');
});

test('the address: flag, environment, then the files, whole sections of the later ones', async () => {
  const env = { TOOLFORGE_TOKEN: 't', TOOLFORGE_TOOL: 'demo', XDG_CONFIG_HOME: join(home, 'xdg') };
  const address = async (more: Sources['env'] = {}, flags: Partial<Sources> = {}) =>
    (await load({ ...env, ...more }, flags)).base.href;
  write('etc/builds.yaml', 'api_gateway: {url: "https://one/"}\nbuilds: {builds_endpoint: /other/v1/, more: 1}\n');
  expect(await address()).toBe('https://one/other/v1');
  write('etc/common.yaml', 'api_gateway: {url: "https://two/base/"}\n');
  expect(await address()).toBe('https://two/base/other/v1');
  write('.toolforge.yaml', 'api_gateway: {url: "https://three"}\nbuilds: {more: 2}\n');
  expect(await address()).toBe('https://three/builds/v1');
  write('.config/toolforge.yaml', 'api_gateway: {url: "https://four"}\n');
  expect(await address()).toBe('https://four/builds/v1');
  write('xdg/toolforge.yaml', 'api_gateway: {url: "https://five"}\n');
  expect(await address()).toBe('https://five/builds/v1');
  expect(await address(apiVariable)).toBe('https://api.example.org:30003/builds/v1');
  expect(await address(apiVariable, { apiUrl: 'http://127.0.0.1:8000' })).toBe('http://127.0.0.1:8000/builds/v1');
});

test('loadSettings warns of a token over http, except to this machine', async () => {
  const env = { TOOLFORGE_TOKEN: 't', TOOLFORGE_TOOL: 'demo' };
  expect((await load(env, { apiUrl: 'http://api.example.org' })).warnings).toEqual([
    expect.stringContaining('unencrypted'),
  ]);
  expect((await load(env, { apiUrl: 'http://127.0.0.1:1' })).warnings).toEqual([]);
});

const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => Promise.reject(new Error('loadSettings did not fail')),
    (error: unknown) => (error instanceof Failure ? error : Promise.reject(error)),
  );

test('loadSettings names the setting that is missing or wrong', async () => {
  const env = { TOOLFORGE_TOKEN: 't', TOOLFORGE_TOOL: 'demo' };
  expect((await failure(load(apiVariable))).message).toContain('there is no kubeconfig');
  expect((await failure(load({ ...apiVariable, TOOLFORGE_TOKEN: 't' }))).message).toBe('No tool is named.');
  expect((await failure(load(env))).message).toBe('The address of the API is not configured.');
  expect((await failure(load(env, { apiUrl: 'ftp://x' }))).message).toContain('--api-url must be an http or https URL');
  expect((await failure(load({ ...env, ...apiVariable, REQUESTS_CA_BUNDLE: '/nowhere' }))).message).toContain(
    'REQUESTS_CA_BUNDLE names',
  );
  const missing = write('kc', kubeconfig('{client-certificate: gone.crt, client-key: gone.key}'));
  expect((await failure(load({ ...apiVariable, KUBECONFIG: missing }))).message).toContain('gone.crt');
});

test('loadSettings refuses an address with a password and a token that is no token, without showing them', async () => {
  const env = { TOOLFORGE_TOKEN: 't', TOOLFORGE_TOOL: 'demo' };
  const address = await failure(load(env, { apiUrl: 'https://me:hidden@api.example.org' }));
  expect(address.message).toBe('--api-url must be an address without the name or password of a user.');
  const token = await failure(load({ ...env, ...apiVariable, TOOLFORGE_TOKEN: 'hidden\nx-header: 1' }));
  expect(token.message).toBe('TOOLFORGE_TOKEN is not a token: a token is one word of ASCII characters.');
});

test('loadSettings names a file that is no YAML without showing its content', async () => {
  const broken = await failure(load({ ...apiVariable, KUBECONFIG: write('kc', 'users: [{user: {token: hidden\n: :') }));
  expect(broken.message).toMatch(/kc is not valid YAML\.$/);
  expect(broken.message).not.toContain('hidden');
  expect((await failure(load({ ...apiVariable, KUBECONFIG: write('kc', 'just text') }))).message).toContain(
    'not a YAML mapping',
  );
});
