import { createServer as createSecureServer } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseProxy } from '../../../../lib/proxy/choose.ts';
import { createSource, type SourceOptions } from '../../../../lib/source/source.ts';
import { startOddProxy, startProxy, type TestProxy } from '../../../support/proxy.ts';
import { selfSigned } from './certificate.ts';
import {
  backend,
  commit,
  createRepository,
  createRoot,
  type Listening,
  listen,
  type Repositories,
  serve,
} from './git-server.ts';
import { codeOf, failureOf, local } from './refusals.ts';

let repositories: Repositories;
let head: string;
let plain: Listening;
let secure: Listening;
let ca: string;
let proxy: TestProxy | undefined;

beforeAll(async () => {
  repositories = createRoot();
  head = commit(createRepository(repositories.root, 'tool.git'), 'one');
  const listener = backend(repositories.root);
  const { key, cert } = await selfSigned('git.example.test');
  ca = cert;
  plain = await serve(listener);
  secure = await listen(createSecureServer({ key, cert }, listener), 'https');
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
afterAll(async () => {
  await Promise.all([plain.close(), secure.close()]);
  repositories.remove();
});

/** Starts a proxy, and makes a source that uses it. */
const sourceBehind = async (starting: Promise<TestProxy>, options: Partial<SourceOptions> = {}, user = '') => {
  proxy = await starting;
  const chosen = parseProxy(`http://${user}127.0.0.1:${proxy.port}`, 'SOURCE_PROXY');
  // The addresses of this machine are not allowed here: the proxy reaches them, and not the source.
  return createSource({ ...local, allowedAddresses: [], ca, proxy: chosen, ...options });
};

const urlOf = ({ url }: Listening, host = 'git.example.test') => `${url.replace('127.0.0.1', host)}/tool.git`;

describe('a source with a proxy', () => {
  test('resolves refs of a git server that only the proxy can reach, by https and by http', async () => {
    const source = await sourceBehind(startProxy({ account: 'ada:p@ss' }), {}, 'ada:p%40ss@');
    expect(await source.resolve(urlOf(secure), 'main')).toMatchObject({ commit: head });
    expect(proxy?.asked).toEqual([`CONNECT ${new URL(urlOf(secure)).host}`]);
    expect(await source.resolve(urlOf(plain), undefined)).toMatchObject({ commit: head });
    expect(proxy?.asked[1]).toBe(`GET ${urlOf(plain)}/info/refs?service=git-upload-pack`);
  });

  test('verifies the certificate of the git server', async () => {
    const source = await sourceBehind(startProxy());
    expect(await codeOf(source.resolve(urlOf(secure, 'other.test'), 'main'))).toBe('source_unreachable');
    const failure = await failureOf(source.resolve(urlOf(secure, 'other.test'), 'main'));
    expect(failure.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('checks an address in the URL itself, and leaves names to the proxy', async () => {
    const source = await sourceBehind(startProxy());
    for (const address of ['10.1.2.3', '[fd00::1]', '169.254.169.254', '127.0.0.1'])
      expect(await codeOf(source.resolve(`https://${address}/tool.git`, 'main'))).toBe('source_forbidden');
    expect(proxy?.asked).toEqual([]);
  });

  test('uses no proxy for this machine, and for what is listed', async () => {
    const resolveHost = async () => ['127.0.0.1'];
    const direct = { allowedAddresses: ['127.0.0.0/8'], noProxy: ['.example.test'], resolveHost };
    const source = await sourceBehind(startProxy(), direct);
    expect(await source.resolve(`${plain.url}/tool.git`, 'main')).toMatchObject({ commit: head });
    expect(await source.resolve(urlOf(secure), 'main')).toMatchObject({ commit: head });
    expect(proxy?.asked).toEqual([]);
  });

  test.each(['403 No', '502 No'])(
    'tells the client that the proxy does not reach the server after %s',
    async (status) => {
      const source = await sourceBehind(
        startOddProxy(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`),
        {},
        'ada:wr0ng@',
      );
      const failure = await failureOf(source.resolve(urlOf(secure), 'main'));
      expect(failure).toMatchObject({ status: 400, code: 'source_unreachable' });
      expect(failure.message).toContain('the proxy of this service does not reach git.example.test');
      expect(String(failure.cause) + failure.message).not.toContain('wr0ng');
    },
  );

  test.each<[string, () => Promise<TestProxy>]>([
    ['wants another password', () => startProxy({ account: 'ada:p4ss' })],
    ['does not exist', async () => ({ asked: [], credentials: [], port: 1, close: async () => undefined })],
  ])('says that the service has a problem where the proxy %s, and keeps the reason for the log', async (_, start) => {
    for (const server of [secure, plain]) {
      const source = await sourceBehind(start(), {}, 'ada:wr0ng@');
      const failure = await failureOf(source.resolve(urlOf(server), 'main'));
      expect(failure).toMatchObject({ status: 503, code: 'unavailable', retryAfter: 60 });
      expect(failure.message).toMatch(/^The proxy of this service can not be used/);
      expect(String(failure.cause)).toContain('SOURCE_PROXY');
      expect(String(failure.cause) + failure.message).not.toContain('wr0ng');
      await proxy?.close();
    }
  });
});
