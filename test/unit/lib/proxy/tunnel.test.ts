import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { openTunnel } from '../../../../lib/proxy/tunnel.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** Starts a proxy that passes each connection to a function. */
const proxyThat = async (serve: (socket: Socket) => void) => {
  const started = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://ada:s%40fe@127.0.0.1:${(started.address() as AddressInfo).port}`);
  return { url, variable: 'HTTPS_PROXY' };
};

test('openTunnel gives up a proxy that never answers', async () => {
  const proxy = await proxyThat(() => undefined);
  await expect(openTunnel(proxy, { host: 'api.test', port: 443 }, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.not.stringContaining('s@fe'),
  });
});

test.each([
  ['api.test', 'api.test:443'],
  ['fd00::1', '[fd00::1]:443'],
])('openTunnel to %s asks for %s, and loses no byte that follows the answer', async (host, authority) => {
  let head = '';
  const proxy = await proxyThat((socket) =>
    socket.once('data', (data) => {
      head = String(data);
      socket.end('HTTP/1.1 200 Connection established\r\nX: y\r\n\r\nhello');
    }),
  );
  const tunnel = await openTunnel(proxy, { host, port: 443 }, { timeoutMs: 60_000 });
  let received = '';
  for await (const chunk of tunnel) received += String(chunk);
  expect(received).toBe('hello');
  expect(head.split('\r\n')).toEqual(
    expect.arrayContaining([
      `CONNECT ${authority} HTTP/1.1`,
      `host: ${authority}`,
      'proxy-authorization: Basic YWRhOnNAZmU=',
    ]),
  );
});

test.each(['HTTP/1.1 200 OK\r\n', ''])('openTunnel fails when the proxy ends after %j', async (answer) => {
  const proxy = await proxyThat((socket) => socket.once('data', () => socket.end(answer)));
  const opening = openTunnel(proxy, { host: 'api.test', port: 443 }, { timeoutMs: 60_000 });
  await expect(opening).rejects.toMatchObject({ name: 'ProxyError', code: expect.stringMatching(/ECONNRESET|HPE_/) });
});
