import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, openAuthority } from '../../../../local/certificates.ts';
import { internalKubeconfig, toolKubeconfig } from '../../../../local/kubeconfig.ts';
import { startProxy, type TestProxy } from '../../../support/proxy.ts';
import { useFakeApi } from '../fake-api.ts';
import { folder, type Handler, json, remove } from '../support.ts';

/** Names of the API's host: of this machine, and one that only the proxy of these tests can resolve. */
const [here, elsewhere] = ['localhost', 'api.example.test'];

const api = useFakeApi();
let home: string;
let authority: Authority;
let proxy: TestProxy | undefined;
beforeAll(async () => {
  home = folder();
  authority = await openAuthority(join(home, 'authority.json'));
});
afterAll(() => remove(home));
afterEach(() => proxy?.close());

const file = (name: string, text: string): string => {
  writeFileSync(join(home, name), text, { mode: 0o600 });
  return join(home, name);
};

type Options = {
  host?: string;
  isOffered?: boolean;
  credential: 'certificate' | 'token' | 'kubeconfig token' | 'none';
};

/** Responds as an API that names an issuer, or none. The API is its own issuer. */
const signingIn =
  (isOffered: boolean): Handler =>
  ({ path, headers }, response) => {
    const issuer = `https://${headers.host}`;
    if (path.endsWith('/openid-configuration'))
      return json(response, 200, {
        issuer,
        token_endpoint: `${issuer}/token`,
        authorization_endpoint: `${issuer}/auth`,
      });
    return json(response, 200, { resource: 'r', clients: isOffered ? [{ issuer, client_id: 'c' }] : [] });
  };

/** Runs a command at an API by https, with a credential. @returns its result, and the address of the API */
const run = async (command: 'token' | 'login', { host = here, isOffered = false, credential }: Options) => {
  const { certificate, key } = await authority.issue('CN=api', [here, elsewhere]);
  const { TOOL_TOOLFORGE_API_URL = '' } = await api.against(signingIn(isOffered), { cert: certificate, key });
  proxy = await startProxy();
  const origin = TOOL_TOOLFORGE_API_URL.replace(here, host);
  const client = await authority.issue('O=toolforge, CN=demo');
  const ca = file('ca.pem', authority.certificate);
  const env = { HOME: home, REQUESTS_CA_BUNDLE: ca, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: here };
  const credentials = {
    certificate: { KUBECONFIG: file('certificate', toolKubeconfig('demo', origin, authority.certificate, client)) },
    'kubeconfig token': { KUBECONFIG: file('token', internalKubeconfig(origin, 'secret', 'tool-demo')) },
    token: { TOOLFORGE_TOKEN: 'secret' },
    none: {},
  };
  const own = { TOOLFORGE_TOKEN: '', TOOL_TOOLFORGE_API_URL: origin, ...credentials[credential] };
  const finished = await api.run([command], { ...env, ...own });
  return { ...finished, origin };
};

describe('token', () => {
  test.each(['token', 'kubeconfig token'] as const)('prints the token of the user: %s', async (credential) => {
    expect(await run('token', { credential })).toMatchObject({ code: 0, stdout: 'secret\n' });
  });

  test.each([
    [elsewhere, true, () => 'Sign in with `toolforge-build login`.'],
    [here, true, () => 'Sign in with `toolforge-build login`.'],
    [elsewhere, false, (origin: string) => `${origin} does not offer signing in. Let programs use the certificate`],
    [here, false, () => 'Where `npm start` runs the API, `npm --prefix FOLDER run -s token -- TOOL` prints a token'],
  ])('with a client certificate says at %s what to do instead (sign-in offered: %s)', async (host, isOffered, hint) => {
    const { code, stderr, origin } = await run('token', { host, isOffered, credential: 'certificate' });
    expect(code).toBe(4);
    expect(stderr).toContain('There is no token to print: you use a client certificate.');
    expect(stderr).toContain(hint(origin));
  });
});

describe('login at an API that offers no sign-in', () => {
  test.each([
    ['certificate', 'you have a client certificate.'],
    ['kubeconfig token', 'you have a token.'],
  ] as const)('tells a user with a credential that no sign-in is needed: %s', async (credential, sentence) => {
    const { code, stderr, origin } = await run('login', { credential });
    expect(code).toBe(2);
    expect(stderr).toContain(`${origin} does not offer signing in, and you need none: ${sentence}`);
    expect(stderr).toContain('`toolforge-build whoami` shows what you may do.');
  });

  test.each([
    [here, 'eval "$(npm --prefix FOLDER run -s env -- TOOL)"'],
    [elsewhere, 'Use a client certificate (KUBECONFIG) or a token (TOOLFORGE_TOKEN).'],
  ])('tells a user without a credential at %s what to use: %s', async (host, hint) => {
    const { code, stderr, origin } = await run('login', { host, credential: 'none' });
    expect(code).toBe(2);
    expect(stderr).toContain(`${origin} does not offer signing in.`);
    expect(stderr).toContain(hint);
  });
});
