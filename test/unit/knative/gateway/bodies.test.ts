import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeyAndCertificate } from '../../../../local/certificates.ts';
import type { Connection } from '../../../support/connection.ts';
import { keepSending } from '../../../support/keep-sending.ts';
import { type Nginx, nginxFolder, startNginx } from './nginx.ts';

const describeNginx = nginxFolder ? describe : describe.skip;

describeNginx("the gateway's nginx, for a request with a body,", () => {
  const received: string[] = [];
  let nginx: Nginx;
  let mine: KeyAndCertificate;
  const connections: Connection[] = [];
  beforeAll(async () => {
    nginx = await startNginx({
      changes: [['client_body_timeout 10s', 'client_body_timeout 1s']],
      listener: async (req, res) => {
        received.push('headers');
        received.push(await text(req));
        res.end('{"handled":true}');
      },
    });
    mine = await nginx.certificateOf('mine');
  });
  afterEach(() => {
    received.length = 0;
    for (const { socket } of connections.splice(0)) socket.destroy();
  });
  afterAll(() => nginx.close());

  const open = async (headers: string, certificate?: KeyAndCertificate): Promise<Connection> => {
    const connection = await nginx.open(certificate);
    connections.push(connection);
    connection.send(`POST /builds/v1/tool/mine/builds HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    return connection;
  };

  test('calls a function only when the whole body has arrived', async () => {
    const connection = await open('Content-Length: 40000', mine);
    connection.send('x'.repeat(39_999));
    await nginx.send({});
    expect(received).toEqual(['headers', '']);
    connection.send('y');
    expect(await connection.receive(/handled/)).toMatch(/^HTTP\/1.1 200 /);
    expect(received.slice(2)).toEqual(['headers', `${'x'.repeat(39_999)}y`]);
  });

  test('closes the connection of a client that stops sending, and calls no function', async () => {
    const connection = await open('Content-Length: 100', mine);
    connection.send('x');
    await connection.closed;
    expect(received).toEqual([]);
  });

  test('refuses a client without a credential before the body arrives', async () => {
    const connection = await open('Content-Length: 100');
    expect(await connection.receive(/\}$/)).toMatch(/^HTTP\/1.1 403 [\s\S]*forbidden/);
  });

  test.each([
    ['with a length', 'Content-Length: 1073741824', (part: string) => part],
    ['in chunks', 'Transfer-Encoding: chunked', (part: string) => `${part.length.toString(16)}\r\n${part}\r\n`],
  ])('lets a client that goes on sending read that its body is too large (%s)', async (_, header, encode) => {
    const response = await keepSending(await open(header, mine), encode);
    expect(response).toMatch(/^HTTP\/1.1 413 [\s\S]*at most 65536 bytes[\s\S]*body_too_large/);
    expect(received).toEqual([]);
  });

  test('responds with 503 to a large body when there is no place for it, and passes on a small one', async () => {
    await rm(join(nginx.folder, 'tmp/body'), { recursive: true });
    const large = await open('Content-Length: 40000', mine);
    large.send('x'.repeat(40_000));
    expect(await large.receive(/\}$/)).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After: 5[\s\S]*"unavailable"/);
    const small = await open('Content-Length: 8000', mine);
    small.send('x'.repeat(8000));
    expect(await small.receive(/\}$/)).toMatch(/^HTTP\/1.1 200 /);
  });
});
