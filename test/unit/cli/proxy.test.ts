import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openSessionFile, sessionPath } from '../../../cli/session/session-file.ts';
import { type Authority, openAuthority } from '../../../local/certificates.ts';
import { type ProxyOptions, startOddProxy, startProxy, startSocksProxy, type TestProxy } from '../../support/proxy.ts';
import { type Cli, contract, createCli, folder, json, remove, serve, type TestServer } from './support.ts';

let cli: Cli;
let home: string;
let authority: Authority;
let secure: TestServer;
let plain: TestServer;
let secureUrl: string;
let plainUrl: string;
let subject: string | undefined;
let ca: string;
let proxy: TestProxy | undefined;

const file = (name: string, text: string): string => {
  writeFileSync(join(home, name), text, { mode: 0o600 });
  return join(home, name);
};

/** Returns the address of a test server under a name that only the proxies of the tests can resolve. */
const behindProxy = ({ url }: TestServer, host: string): string => url.replace('localhost', host);

beforeAll(async () => {
  cli = createCli();
  home = folder();
  authority = await openAuthority(join(home, 'authority.json'));
  const hosts = ['api.example.test', 'issuer.example.test'];
  const { certificate, key } = await authority.issue('CN=api', hosts);
  const tls = { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
  secure = await serve((request, response, raw) => {
    const socket = raw.socket as TLSSocket;
    subject = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined;
    if (request.path === '/token') return json(response, 200, { access_token: 'renewed', token_type: 'Bearer' });
    return contract(request, response, raw);
  }, tls);
  plain = await serve(contract);
  secureUrl = behindProxy(secure, 'api.example.test');
  plainUrl = behindProxy(plain, 'api.example.test');
  ca = file('ca.pem', authority.certificate);
});

afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  for (const { requests } of [secure, plain]) requests.length = 0;
});
afterAll(async () => {
  cli.close();
  remove(home);
  await Promise.all([secure.close(), plain.close()]);
});

/** Starts the proxy of a test. @returns its address without a scheme */
const start = async (starting: Promise<TestProxy>): Promise<string> => {
  proxy = await starting;
  return `127.0.0.1:${proxy.port}`;
};
const connectLine = (url: string): string => `CONNECT ${new URL(url).host}`;
const listSecure = (env: Record<string, string>) =>
  cli.run(['list', '--json'], { TOOL_TOOLFORGE_API_URL: secureUrl, REQUESTS_CA_BUNDLE: ca, ...env });
const listPlain = (env: Record<string, string>) =>
  cli.run(['list', '--json'], { TOOL_TOOLFORGE_API_URL: plainUrl, ...env });

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Writes a kubeconfig for the API, with a new client certificate. @returns its path */
const kubeconfig = async (): Promise<string> => {
  const { certificate, key } = await authority.issue('O=toolforge, CN=demo');
  const content = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'tool-demo' } }],
    clusters: [
      { name: 'k', cluster: { server: secureUrl, 'certificate-authority-data': base64(authority.certificate) } },
    ],
    users: [{ name: 'u', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
  };
  return file('kubeconfig', JSON.stringify(content));
};

describe('a command behind a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
    'reaches the API through the proxy of %s, and resolves no name itself',
    async (variable) => {
      const address = await start(startProxy());
      for (const value of [`http://${address}`, address]) {
        expect(await listSecure({ [variable]: value })).toMatchObject({ code: 0, stderr: '' });
      }
      expect(proxy?.asked).toEqual([connectLine(secureUrl), connectLine(secureUrl)]);
    },
  );

  test('shows its client certificate to the API and trusts the authority of its kubeconfig, through the tunnel', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    const env = { KUBECONFIG: await kubeconfig(), HTTPS_PROXY, TOOLFORGE_TOKEN: '', REQUESTS_CA_BUNDLE: '' };
    expect(await listSecure(env)).toMatchObject({ code: 0, stderr: '' });
    expect(subject).toBe('demo');
    expect(proxy?.asked).toEqual([connectLine(secureUrl)]);
  });

  test('verifies the certificate of the API through the tunnel', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    expect(await listSecure({ HTTPS_PROXY, REQUESTS_CA_BUNDLE: '' })).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("can't be trusted"),
    });
    const other = { HTTPS_PROXY, TOOL_TOOLFORGE_API_URL: behindProxy(secure, 'other.test') };
    expect((await listSecure(other)).stderr).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(secure.requests).toEqual([]);
  });

  test('says that a client certificate is none, also when it connects through a proxy', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    const KUBECONFIG = await kubeconfig();
    const broken = readFileSync(KUBECONFIG, 'utf8').replace(/("client-certificate-data":")[^"]*/, '$1eA==');
    const env = { HTTPS_PROXY, KUBECONFIG: file('broken', broken), TOOLFORGE_TOKEN: '' };
    expect(await listSecure(env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("A certificate or key of your settings can't be used"),
    });
  });

  test('opens one tunnel for all its requests', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    const env = { TOOL_TOOLFORGE_API_URL: secureUrl, REQUESTS_CA_BUNDLE: ca, HTTPS_PROXY };
    expect(await cli.run(['delete', '--all', '-y'], env)).toMatchObject({ code: 0 });
    expect(secure.requests.length).toBeGreaterThan(2);
    expect(proxy?.asked).toEqual([connectLine(secureUrl)]);
  });

  test('sends requests for plain http to the proxy of HTTP_PROXY, and not to the one of HTTPS_PROXY', async () => {
    const HTTP_PROXY = `http://${await start(startProxy({ account: 'ada:p@ss' }))}`;
    const env = { HTTP_PROXY: HTTP_PROXY.replace('//', '//ada:p%40ss@'), HTTPS_PROXY: 'http://127.0.0.1:1' };
    const { code, stderr } = await listPlain(env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('unencrypted') });
    expect(proxy?.asked).toEqual([`GET ${plainUrl}/builds/v1/tool/demo/builds`]);
    expect(plain.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test.each([
    ['ada:secret', 'ada:secret'],
    ['ada%40home:p%3A%2Fss%C3%A9', 'ada@home:p:/ssé'],
    [':secret', ':secret'],
    ['ada', 'ada:'],
  ])('shows the user name and password %s of the URL to the proxy', async (written, account) => {
    const address = await start(startProxy({ account }));
    expect(await listSecure({ HTTPS_PROXY: `http://${written}@${address}` })).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['https', listSecure, 'HTTPS_PROXY'],
    ['http', listPlain, 'HTTP_PROXY'],
  ] as const)(
    'of an %s API says what to do when the proxy wants another password, and prints none',
    async (_, list, name) => {
      const address = await start(startProxy({ account: 'ada:right' }));
      for (const user of ['', 'ada:wr0ng@']) {
        const { code, stdout, stderr } = await list({ [name]: `http://${user}${address}`, TOOLFORGE_DEBUG: '1' });
        expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
        expect(stderr).toContain(`The proxy http://${address} of ${name} wants a valid user name and password`);
        expect(stderr).not.toContain('wr0ng');
      }
    },
  );

  test('reaches the API through an https proxy only when the certificate of the proxy is trusted', async () => {
    const { certificate, key } = await authority.issue('CN=proxy', ['127.0.0.1']);
    const tls: ProxyOptions['tls'] = { cert: certificate, key };
    const HTTPS_PROXY = `https://${await start(startProxy({ tls }))}`;
    expect(await listSecure({ HTTPS_PROXY })).toMatchObject({ code: 0, stderr: '' });
    expect(await listPlain({ HTTP_PROXY: HTTPS_PROXY, REQUESTS_CA_BUNDLE: ca })).toMatchObject({ code: 0 });
    // The authority of a kubeconfig is for the API, and not for the proxy.
    const env = { KUBECONFIG: await kubeconfig(), HTTPS_PROXY, REQUESTS_CA_BUNDLE: '', TOOLFORGE_TOKEN: '' };
    const refused = await listSecure(env);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toMatch(/The proxy https:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY can't be used: .*certificate/);
  });

  test.each([undefined, 'ada:p@ss'])('reaches the API through a SOCKS proxy with the account %s', async (account) => {
    const address = await start(startSocksProxy(account === undefined ? {} : { account }));
    const ALL_PROXY = `socks5h://${account === undefined ? '' : 'ada:p%40ss@'}${address}`;
    expect(await listSecure({ ALL_PROXY })).toMatchObject({ code: 0, stderr: '' });
    expect(await listPlain({ ALL_PROXY })).toMatchObject({ code: 0 });
    expect(proxy?.asked).toEqual([connectLine(secureUrl), connectLine(plainUrl)]);
  });

  test('says which SOCKS proxy refuses', async () => {
    const ALL_PROXY = `socks5h://ada:wr0ng@${await start(startSocksProxy({ account: 'ada:right' }))}`;
    const { code, stderr } = await listSecure({ ALL_PROXY, TOOLFORGE_DEBUG: '1' });
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/proxy socks5h:\/\/127.* of ALL_PROXY can't be used/),
    });
    expect(stderr).not.toContain('wr0ng');
  });

  test('reaches the issuer of its token through the proxy', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    const HOME = folder();
    const issuer = behindProxy(secure, 'issuer.example.test');
    const endpoint = { issuer, tokenEndpoint: `${issuer}/token`, revocationEndpoint: undefined };
    const tokens = { accessToken: 'old', refreshToken: 'again', refreshAt: 0, expiresAt: Date.now() + 600_000 };
    const session = { clientId: 'cli', resource: 'builds', ...endpoint, ...tokens };
    await openSessionFile(sessionPath({}, HOME)).change(new URL(`${secureUrl}/builds/v1`), async () => session);
    expect(await listSecure({ HOME, HTTPS_PROXY, TOOLFORGE_TOKEN: '' })).toMatchObject({ code: 0, stderr: '' });
    remove(HOME);
    expect(proxy?.asked).toEqual([connectLine(issuer), connectLine(secureUrl)]);
    expect(secure.requests.at(-1)?.headers.authorization).toBe('Bearer renewed');
  });

  test('uses no proxy for a host of NO_PROXY, nor for this machine', async () => {
    const HTTPS_PROXY = `http://${await start(startProxy())}`;
    const exempt = await listSecure({ HTTPS_PROXY, NO_PROXY: '.example.test' });
    expect(exempt).toMatchObject({ code: 6, stderr: expect.stringContaining("can't be resolved") });
    await listSecure({ HTTPS_PROXY, TOOL_TOOLFORGE_API_URL: secure.url });
    expect(await listPlain({ HTTP_PROXY: HTTPS_PROXY, TOOL_TOOLFORGE_API_URL: plain.url })).toMatchObject({ code: 0 });
    expect(proxy?.asked).toEqual([]);
  });

  test('names the variable that holds no URL of a proxy, and not its value', async () => {
    const { code, stderr } = await listSecure({ HTTPS_PROXY: 'ftp://ada:wr0ng@proxy.test' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('HTTPS_PROXY must be the URL of a proxy'),
    });
    expect(stderr).not.toContain('wr0ng');
  });
});

describe('a proxy that misbehaves', () => {
  const body = JSON.stringify({ error: ['There is no build.'], id: 'demo-4', builds: [] });
  const answer = (status: string) => `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  test.each(['404 Not Found', '403 Forbidden', '302 Found', '409 Conflict', '500 Error'])(
    'is not taken for the API when it answers CONNECT with %s',
    async (status) => {
      const HTTPS_PROXY = `http://${await start(startOddProxy(answer(status)))}`;
      const env = { TOOL_TOOLFORGE_API_URL: secureUrl, REQUESTS_CA_BUNDLE: ca, HTTPS_PROXY };
      const { code, stdout, stderr } = await cli.run(['delete', 'demo-4', '-y'], env);
      expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
      expect(stderr).toContain(
        `refuses to open a connection to ${new URL(secureUrl).host} (HTTP status ${status.slice(0, 3)})`,
      );
      expect(stderr).not.toContain('There is no build.');
    },
  );

  test.each([
    ['closes the connection', ''],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['sends headers without end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}`],
    ['sends bytes of its own into the tunnel', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ])('ends the command when it %s', async (_, bytes) => {
    const HTTPS_PROXY = `http://${await start(startOddProxy(bytes))}`;
    const env = { TOOL_TOOLFORGE_API_URL: secureUrl, REQUESTS_CA_BUNDLE: ca, HTTPS_PROXY };
    const { code, stdout, stderr } = await cli.run(['clean', '-y'], env);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toMatch(/Error: .*(proxy|TLS handshake|connection)/);
    expect(stderr).not.toContain('Internal error');
    expect(secure.requests).toEqual([]);
  });

  test.each([
    ['https', listSecure, 'HTTPS_PROXY'],
    ['http', listPlain, 'HTTP_PROXY'],
  ] as const)('is named when nothing answers at its address (%s)', async (_, list, name) => {
    const address = await start(startProxy());
    await proxy?.close();
    const { code, stderr } = await list({ [name]: `http://ada:wr0ng@${address}` });
    expect(code).toBe(6);
    expect(stderr).toContain(`The proxy http://${address} of ${name} can't be used: connect ECONNREFUSED`);
    expect(stderr).toContain('or list api.example.test in NO_PROXY');
    expect(stderr).not.toContain('wr0ng');
  });
});
