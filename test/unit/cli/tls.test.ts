import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSessionFile, sessionPath } from '../../../cli/session/session-file.ts';
import { type Authority, openAuthority } from '../../../local/certificates.ts';
import {
  type Cli,
  createCli,
  folder,
  json,
  noMessages,
  remove,
  serve,
  startProcess,
  type TestServer,
} from './support.ts';

let cli: Cli;
let server: TestServer;
let wrongName: TestServer;
let elsewhere: TestServer;
let home: string;
let authority: Authority;
let subject: string | undefined;

const file = (name: string, text: string): string => {
  writeFileSync(join(home, name), text, { mode: 0o600 });
  return join(home, name);
};

beforeAll(async () => {
  cli = createCli();
  home = folder();
  authority = await openAuthority(join(home, 'authority.json'));
  const [good, other] = [
    await authority.issue('CN=localhost', ['localhost']),
    await authority.issue('CN=other', ['other.example']),
  ];
  const options = { ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
  const handler: Parameters<typeof serve>[0] = (request, response, raw) => {
    const socket = raw.socket as TLSSocket;
    subject = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined;
    if (request.path === '/token') return json(response, 200, { access_token: 'renewed', token_type: 'Bearer' });
    json(response, 200, { messages: noMessages, builds: [], tools: [] });
  };
  server = await serve(handler, { ...options, cert: good.certificate, key: good.key });
  elsewhere = await serve(handler, { cert: good.certificate, key: good.key });
  wrongName = await serve(handler, { ...options, cert: other.certificate, key: other.key });
});

afterAll(async () => {
  cli.close();
  remove(home);
  await Promise.all([server.close(), elsewhere.close(), wrongName.close()]);
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
/** Returns a kubeconfig's cluster with the address of a server and the authority of the tests. */
const trusting = ({ url }: TestServer) =>
  `{server: "${url}", certificate-authority-data: ${base64(authority.certificate)}}`;

/** Writes a kubeconfig with a new client certificate of a tool. @returns the path of the kubeconfig */
const kubeconfig = async (cluster: string): Promise<string> => {
  const { certificate, key } = await authority.issue('O=toolforge, CN=demo');
  return file(
    'kubeconfig',
    `current-context: c
contexts: [{name: c, context: {cluster: k, user: u, namespace: tool-demo}}]
clusters: [{name: k, cluster: ${cluster}}]
users: [{name: u, user: {client-certificate-data: ${base64(certificate)}, client-key-data: ${base64(key)}}}]
`,
  );
};

test('a command refuses a certificate of an unknown authority and says how to trust the authority', async () => {
  const { code, stderr } = await cli.run(['list'], { TOOL_TOOLFORGE_API_URL: server.url });
  expect(code).toBe(6);
  expect(stderr).toMatch(/Error: The certificate of localhost:\d+ can't be trusted: /);
  expect(stderr).toContain('REQUESTS_CA_BUNDLE');
});

test.each(['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])(
  'a command trusts the authority in the file that %s names',
  async (variable) => {
    const bundle = file('ca.pem', authority.certificate);
    expect(await cli.run(['list', '--json'], { TOOL_TOOLFORGE_API_URL: server.url, [variable]: bundle })).toMatchObject(
      { code: 0 },
    );
  },
);

test.each(['REQUESTS_CA_BUNDLE', 'SSL_CERT_DIR'])(
  'a command trusts the authorities in the folder of %s',
  async (variable) => {
    const certificates = join(home, 'certificates');
    mkdirSync(certificates, { recursive: true });
    writeFileSync(join(certificates, 'own.pem'), authority.certificate);
    writeFileSync(join(certificates, 'notes.txt'), 'no certificate');
    const value = variable === 'SSL_CERT_DIR' ? `:${certificates}:` : certificates;
    const env = { TOOL_TOOLFORGE_API_URL: server.url, [variable]: value };
    expect(await cli.run(['list', '--json'], env)).toMatchObject({ code: 0 });
  },
);

test.each(['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'])(
  'a command names %s when it names a file that does not exist',
  async (variable) => {
    const env = { TOOL_TOOLFORGE_API_URL: server.url, [variable]: '/nowhere/ca.pem' };
    const sentence = `${variable} names /nowhere/ca.pem, which can't be read (ENOENT).`;
    expect(await cli.run(['list'], env)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  },
);

test('a command refuses a certificate for another host name', async () => {
  const env = { TOOL_TOOLFORGE_API_URL: wrongName.url, REQUESTS_CA_BUNDLE: file('ca.pem', authority.certificate) };
  expect(await cli.run(['list'], env)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
  });
});

test("a command shows the kubeconfig's client certificate and trusts the kubeconfig's authority", async () => {
  const KUBECONFIG = await kubeconfig(trusting(server));
  const env = { TOOL_TOOLFORGE_API_URL: server.url, KUBECONFIG, TOOLFORGE_TOKEN: '' };
  expect(await cli.run(['list', '--json'], env)).toMatchObject({ code: 0, stderr: '' });
  expect(subject).toBe('demo');
});

test.each(['list', 'whoami'])('%s reads a kubeconfig that is a pipe', async (command) => {
  const KUBECONFIG = await kubeconfig(trusting(server));
  const script = `run() { KUBECONFIG=$1 "\${@:2}"; }; run <(cat '${KUBECONFIG}') "$@"`;
  const env = { HOME: home, TOOL_TOOLFORGE_API_URL: server.url };
  const words = ['-c', script, 'bash', process.execPath, join(cli.home, 'toolforge-build.mjs'), command, '--json'];
  expect(await startProcess('bash', words, env).finished).toMatchObject({ code: 0, stderr: '' });
  expect(subject).toBe('demo');
});

describe('insecure-skip-tls-verify', () => {
  const insecure = (server: string) => `{server: "${server}", insecure-skip-tls-verify: true}`;

  test('lets a command use the certificate of the same kubeconfig without verification, and the command warns', async () => {
    const KUBECONFIG = await kubeconfig(insecure(wrongName.url));
    const env = { TOOL_TOOLFORGE_API_URL: wrongName.url, KUBECONFIG, TOOLFORGE_TOKEN: '' };
    expect(await cli.run(['list', '--json'], env)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Warning: The certificate of localhost:\d+ is not verified/),
    });
    expect(subject).toBe('demo');
  });

  test.each(['TOOLFORGE_TOKEN', 'TOOLFORGE_TOKEN_COMMAND'])(
    'sends no token of %s to a server without a trusted certificate',
    async (name) => {
      wrongName.requests.length = 0;
      const KUBECONFIG = await kubeconfig(insecure(wrongName.url));
      const value = name === 'TOOLFORGE_TOKEN' ? 'mine' : 'echo mine';
      const env = { TOOL_TOOLFORGE_API_URL: wrongName.url, KUBECONFIG, TOOLFORGE_TOKEN: '', [name]: value };
      expect(await cli.run(['list', '--json'], env)).toMatchObject({
        code: 6,
        stderr: expect.stringContaining("can't be trusted"),
      });
      expect(wrongName.requests).toEqual([]);
    },
  );

  test('of another server, and NODE_TLS_REJECT_UNAUTHORIZED, change nothing', async () => {
    wrongName.requests.length = 0;
    const KUBECONFIG = await kubeconfig(insecure('https://other.example'));
    const env = { TOOL_TOOLFORGE_API_URL: wrongName.url, KUBECONFIG, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(await cli.run(['list', '--json'], env)).toMatchObject({ code: 6 });
    expect(await cli.run(['login', '--device'], { ...env, TOOLFORGE_TOKEN: '' })).toMatchObject({ code: 6 });
    expect(wrongName.requests).toEqual([]);
  });
});

describe('a kubeconfig of another cluster', () => {
  const other = () =>
    `{server: "https://other.example:6443", certificate-authority-data: ${base64(authority.certificate)}}`;

  test('gives neither certificate nor authority, and the command says whose the kubeconfig is', async () => {
    server.requests.length = 0;
    const env = { TOOL_TOOLFORGE_API_URL: server.url, KUBECONFIG: await kubeconfig(other()) };
    expect(await cli.run(['list'], { ...env, TOOLFORGE_TOKEN: 'mine' })).toMatchObject({ code: 6 });
    const { code, stderr } = await cli.run(['list'], { ...env, TOOLFORGE_TOKEN: '' });
    expect(code).toBe(4);
    expect(stderr).toContain(`kubeconfig is for https://other.example:6443, not for ${server.url}.`);
    expect(stderr).toContain(`api_gateway: {url: "${server.url}", kubernetes_url: "https://other.example:6443"}`);
    expect(server.requests).toEqual([]);
  });

  test('gives its certificate and authority once ~/.toolforge.yaml names its cluster beside the API', async () => {
    const HOME = folder();
    const section = `api_gateway: {url: "${server.url}", kubernetes_url: "https://other.example:6443"}\n`;
    writeFileSync(join(HOME, '.toolforge.yaml'), section);
    const env = { HOME, KUBECONFIG: await kubeconfig(other()), TOOLFORGE_TOKEN: '' };
    expect(await cli.run(['list', '--json'], env)).toMatchObject({ code: 0, stderr: '' });
    expect(subject).toBe('demo');
    remove(HOME);
  });
});

test('a command says which setting holds a certificate or key that is none', async () => {
  const text = `current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "${server.url}"}}]
users: [{name: u, user: {client-certificate-data: ${base64('x')}, client-key-data: ${base64('y')}}}]
`;
  const env = { TOOL_TOOLFORGE_API_URL: server.url, KUBECONFIG: file('broken', text), TOOLFORGE_TOKEN: '' };
  expect(await cli.run(['list'], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("A certificate or key of your settings can't be used"),
  });
});

describe('a token that is due', () => {
  /**
   * Runs `toolforge-build list` with a session of the given issuer, whose token is due for a refresh.
   * @returns the Authorization header that the API got
   */
  const listWith = async (issuer: TestServer): Promise<string | undefined> => {
    const HOME = folder();
    const base = new URL(`${server.url}/builds/v1`);
    const endpoint = { issuer: issuer.url, tokenEndpoint: `${issuer.url}/token`, revocationEndpoint: undefined };
    const tokens = { accessToken: 'old', refreshToken: 'again', refreshAt: 0, expiresAt: Date.now() + 600_000 };
    const session = { clientId: 'cli', resource: 'builds', ...endpoint, ...tokens };
    await openSessionFile(sessionPath({}, HOME)).change(base, async () => session);
    const KUBECONFIG = await kubeconfig(trusting(server));
    const env = { HOME, TOOL_TOOLFORGE_API_URL: server.url, KUBECONFIG, TOOLFORGE_TOKEN: '' };
    const { code } = await cli.run(['list', '--json'], env);
    remove(HOME);
    expect(code).toBe(0);
    return server.requests.at(-1)?.headers.authorization;
  };

  test("is refreshed at the API's own origin, where the kubeconfig's authority is trusted", async () => {
    expect(await listWith(server)).toBe('Bearer renewed');
  });

  test("is not refreshed at another server, where the kubeconfig's authority is not trusted", async () => {
    expect(await listWith(elsewhere)).toBe('Bearer old');
    expect(elsewhere.requests).toEqual([]);
  });
});
