import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthenticate } from '../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../lib/auth/gateway.ts';
import { createApp } from '../../../lib/http/app.ts';
import type { Handler } from '../../../lib/http/types.ts';
import { type Authority, type KeyAndCertificate, openAuthority } from '../../../local/certificates.ts';
import { createGateway } from '../../../local/gateway.ts';
import { type Connection, openConnection } from '../../support/connection.ts';
import { keepSending } from '../../support/keep-sending.ts';
import { fixedSecret } from '../../support/secret.ts';

let folder: string;
let authority: Authority;
let certificate: KeyAndCertificate;
let server: Server;
const connections: Connection[] = [];
const logged: unknown[] = [];

const echo: Handler = async ({ body }) => ({ json: { bytes: body.length } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  authority = await openAuthority(join(folder, 'authority.json'));
  certificate = await authority.issue('O=toolforge,CN=mine');
  const listener = createApp({
    handlers: { start: echo, healthcheck: echo },
    authenticate: createAuthenticate([createGatewayCheck(fixedSecret('s3cret'))]),
    log: (...line) => void logged.push(line),
  });
  server = await createGateway({ authority, secret: fixedSecret('s3cret'), listener });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const { socket } of connections.splice(0)) socket.destroy();
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

/** Opens a connection to the gateway by TLS. @param client the client certificate, or an empty object without one */
const open = async (client: { key?: string; cert?: string } = {}): Promise<Connection> => {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate, ...client });
  const connection = openConnection(socket);
  connections.push(connection);
  await once(socket, 'secureConnect');
  return connection;
};
const openAsTool = () => open({ key: certificate.key, cert: certificate.certificate });

const head = (headers: string) => `POST /builds/v1/tool/mine/builds HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;

describe('the embedded gateway', () => {
  test.each([
    ['with a length', 'Content-Length: 1073741824', (text: string) => text],
    ['in chunks', 'Transfer-Encoding: chunked', (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`],
  ])('lets a client that goes on sending read that its body is too large (%s)', async (_, header, encode) => {
    const connection = await openAsTool();
    connection.send(head(header));
    expect(await keepSending(connection, encode)).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
  });

  test('refuses a client without a credential before the body arrives', async () => {
    const connection = await open();
    connection.send(head('Content-Length: 100'));
    expect(await connection.receive(/\}$/)).toMatch(/^HTTP\/1.1 403 [\s\S]*forbidden/);
  });

  test('lets a client without a credential that goes on sending read its refusal', async () => {
    const connection = await open();
    connection.send(head('Content-Length: 1073741824'));
    expect(await keepSending(connection, (text) => text)).toMatch(/^HTTP\/1.1 403 [\s\S]*forbidden/);
  });

  test('tells a client that waits for 100 Continue to send an accepted body only', async () => {
    const [accepted, refused] = [await openAsTool(), await open()];
    for (const connection of [accepted, refused]) connection.send(head('Expect: 100-continue\r\nContent-Length: 2'));
    expect(await accepted.receive(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    accepted.send('{}');
    expect(await accepted.receive(/\}$/)).toMatch(/ 200 OK[\s\S]*\{"bytes":2\}/);
    expect(await refused.receive(/\}$/)).toMatch(/^HTTP\/1.1 403 /);
  });

  test('logs no error when a client goes away while it sends', async () => {
    const connection = await openAsTool();
    connection.send(`${head('Content-Length: 100')}{`);
    await once(server, 'request');
    connection.socket.destroy();
    await connection.closed;
    const next = await openAsTool();
    next.send('GET /builds/v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await next.receive(/\}$/);
    expect(logged.filter((line) => JSON.stringify(line).includes('ERROR'))).toEqual([]);
  });
});
