import { request } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseProxy } from '../../../lib/proxy/choose.ts';
import { forwardedRequests } from '../../../lib/proxy/requests.ts';
import { openTunnel } from '../../../lib/proxy/tunnel.ts';
import { type ProxyRelay, startProxyRelay } from '../../../local/proxy-relay.ts';
import { startProxy, startSocksProxy, type TestProxy } from '../../support/proxy.ts';
import { startServer } from '../../support/server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const keep = async <T extends { close(): unknown }>(starting: Promise<T>): Promise<T> => {
  const started = await starting;
  cleanups.push(() => started.close());
  return started;
};

const lines: string[] = [];
const relayWith = (environment: Record<string, string>): Promise<ProxyRelay> =>
  keep(
    startProxyRelay(
      environment,
      (_, message, fields) => void lines.push(JSON.stringify([message, String(fields?.error)])),
    ),
  );

/** Starts a web server, and returns its port. Names below .test lead to it through the proxies of the tests only. */
const startTarget = async (): Promise<number> => {
  const server = await keep(
    startServer((incoming, response) =>
      response.end(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization']}`),
    ),
  );
  return Number(new URL(server.url).port);
};

/** Sends a request for plain http through the relay. @returns the status and the body */
const get = async (relay: string, url: string): Promise<{ status: number; body: string }> => {
  const { request: send, close } = forwardedRequests(parseProxy(relay, 'HTTP_PROXY'));
  const result = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = send(new URL(url), { method: 'GET' });
    sent.on('error', reject).on('response', async (response) => {
      let body = '';
      for await (const chunk of response) body += String(chunk);
      resolve({ status: response.statusCode ?? 0, body });
    });
    sent.end();
  });
  close();
  return result;
};

/** Opens a tunnel through the relay, and sends a request in it. @returns the first line of the response */
const getInTunnel = async (relay: string, host: string, port: number): Promise<string> => {
  const socket: Socket = await openTunnel(parseProxy(relay, 'HTTPS_PROXY'), { host, port }, { timeoutMs: 20_000 });
  let text = '';
  socket.write('GET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  for await (const chunk of socket) text += String(chunk);
  return text.split('\r\n')[0] ?? '';
};

describe('the relay to the proxies of the machine', () => {
  test.each<[string, () => Promise<TestProxy>, string]>([
    ['an http proxy', () => startProxy({ account: 'ada:p@ss' }), 'http'],
    ['a SOCKS proxy', () => startSocksProxy({ account: 'ada:p@ss' }), 'socks5h'],
  ])('passes requests and tunnels on to %s with the password of the machine', async (_, start, scheme) => {
    const [proxy, port] = [await keep(start()), await startTarget()];
    const { url } = await relayWith({ ALL_PROXY: `${scheme}://ada:p%40ss@127.0.0.1:${proxy.port}` });
    expect(await get(url, `http://web.test:${port}/a?b`)).toEqual({ status: 200, body: 'GET /a?b undefined' });
    expect(await getInTunnel(url, 'web.test', port)).toBe('HTTP/1.1 200 OK');
    expect(proxy.asked).toHaveLength(2);
    expect(proxy.asked[1]).toBe(`CONNECT web.test:${port}`);
  });

  test('refuses requests without its own password', async () => {
    const { url } = await relayWith({ ALL_PROXY: 'http://127.0.0.1:1' });
    for (const user of ['', 'builds:wrong@', 'ada:p%40ss@']) {
      const other = url.replace(/\/\/.*@/, `//${user}`);
      expect(await get(other, 'http://web.test/')).toMatchObject({ status: 407 });
      await expect(getInTunnel(other, 'web.test', 443)).rejects.toThrow('wants a valid user name and password');
    }
  });

  test('uses no proxy for what NO_PROXY lists, nor for this machine', async () => {
    const port = await startTarget();
    const { url } = await relayWith({ ALL_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' });
    expect(await get(url, `http://127.0.0.1:${port}/a`)).toMatchObject({ status: 200 });
    expect(await getInTunnel(url, '127.0.0.1', port)).toBe('HTTP/1.1 200 OK');
    const other = await relayWith({ ALL_PROXY: 'http://127.0.0.1:1' });
    expect(await get(other.url, `http://localhost:${port}/a`)).toMatchObject({ status: 200 });
  });

  test('says which proxy fails, in the response and in the log, without its password', async () => {
    lines.length = 0;
    const { url } = await relayWith({ ALL_PROXY: 'http://ada:p4ss@127.0.0.1:1' });
    const { status, body } = await get(url, 'http://web.test/');
    expect({ status, body }).toEqual({ status: 502, body: expect.stringContaining('ECONNREFUSED') });
    await expect(getInTunnel(url, 'web.test', 443)).rejects.toThrow('HTTP status 502');
    expect(lines.join()).toContain('The proxy http://127.0.0.1:1 of ALL_PROXY');
    expect(lines.join() + body).not.toContain('p4ss');
  });

  test('says that the proxy of the machine wants another password, which the client of the relay can not know', async () => {
    lines.length = 0;
    const proxy = await keep(startProxy({ account: 'ada:p4ss' }));
    const { url } = await relayWith({ http_proxy: `http://ada:wr0ng@127.0.0.1:${proxy.port}` });
    const { status, body } = await get(url, 'http://web.test/');
    expect({ status, body }).toEqual({
      status: 502,
      body: `The proxy http://127.0.0.1:${proxy.port} of http_proxy wants a valid user name and password: http_proxy=http://USER:PASSWORD@HOST:PORT.`,
    });
    expect(lines.join()).toContain('wants a valid user name and password');
  });

  test('survives requests that are none', async () => {
    const { url } = await relayWith({ ALL_PROXY: 'http://127.0.0.1:1' });
    const { port, password } = new URL(url);
    const authorization = `Basic ${Buffer.from(`builds:${password}`).toString('base64')}`;
    const statusOf = (method: string, path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'proxy-authorization': authorization };
        const sent = request({ port, host: '127.0.0.1', method, path, headers });
        sent.on('error', reject).on('response', (response) => resolve(response.resume().statusCode ?? 0));
        sent.on('connect', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode ?? 0);
        });
        sent.end();
      });
    expect(await statusOf('GET', '/path')).toBe(400);
    expect(await statusOf('GET', 'ftp://web.test/')).toBe(400);
    expect(await statusOf('CONNECT', '[')).toBe(400);
    expect(await statusOf('CONNECT', 'web.test:99999')).toBe(400);
  });

  test.each(['ftp://ada:p4ss@proxy.test', 'http://ada:p/4ss@proxy.test'])(
    'does not start with the proxy %s',
    async (HttpsProxy) => {
      const starting = startProxyRelay({ HTTPS_PROXY: HttpsProxy }, () => undefined);
      await expect(starting).rejects.toThrow(/^HTTPS_PROXY must be the URL of a proxy/);
    },
  );
});
