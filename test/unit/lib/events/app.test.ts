import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import { createEventApp } from '../../../../lib/events/app.ts';
import { type Connection, openConnection } from '../../../support/connection.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

let server: TestServer;
let connection: Connection;
let nextLine: PromiseWithResolvers<unknown[]>;
const handled: unknown[] = [];

beforeEach(() => {
  handled.length = 0;
  nextLine = Promise.withResolvers();
});

const start = async (limits: { bodyTimeoutMs?: number } = {}): Promise<void> => {
  server = await startServer(
    createEventApp({
      authenticate: async ({ authorization }) => {
        if (authorization !== 'Bearer good') throw new ApiError(401, 'token_invalid', 'The token is not ours.');
      },
      handle: async ({ data }) => void handled.push(data),
      log: (...line) => nextLine.resolve(line),
      ...limits,
    }),
  );
};

afterEach(async () => {
  connection.socket.destroy();
  await server.close();
});

const good = 'Authorization: Bearer good';
const event =
  'Ce-Specversion: 1.0\r\nCe-Id: 1\r\nCe-Source: /here\r\nCe-Type: something\r\nContent-Type: application/json';
const open = (headers: string, body = ''): Connection => {
  connection = openConnection(connect(Number(new URL(server.url).port), '127.0.0.1'));
  connection.send(`POST / HTTP/1.1\r\nHost: x\r\n${event}\r\n${headers}\r\n\r\n${body}`);
  return connection;
};

describe('an event function', () => {
  test.each(['Content-Length: 100', 'Transfer-Encoding: chunked', 'Content-Length: 1073741824'])(
    'refuses an event without a token before its body arrives (%s)',
    async (headers) => {
      await start();
      expect(await open(headers).receive(/\}$/)).toMatch(/^HTTP\/1.1 401 [\s\S]*token_invalid/);
    },
  );

  test('refuses an event that is too large before its body arrives', async () => {
    await start();
    const received = await open(`${good}\r\nContent-Length: 2097153`).receive(/\}$/);
    expect(received).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
  });

  test('asks the sender to send an event again whose body does not end', async () => {
    await start({ bodyTimeoutMs: 50 });
    const received = await open(`${good}\r\nContent-Length: 100`, '{').receive(/\}$/);
    expect(received).toMatch(/^HTTP\/1.1 503 [\s\S]*body_timeout/);
    expect(await nextLine.promise).toMatchObject(['WARNING', 'an event was not handled', { code: 'body_timeout' }]);
    expect(handled).toEqual([]);
  });

  test('does not log an error when the sender goes away before the end of the event', async () => {
    await start();
    open(`${good}\r\nContent-Length: 100`, '{');
    await new Promise((resolve) => server.server.once('request', resolve));
    connection.socket.resetAndDestroy();
    expect(await nextLine.promise).toEqual(['INFO', 'the sender of an event went away']);
    expect(handled).toEqual([]);
  });

  test('handles an event whose body arrives in parts', async () => {
    await start();
    open(`${good}\r\nContent-Length: 7`, '{"a"');
    await new Promise((resolve) => server.server.once('request', resolve));
    connection.send(':1}');
    expect(await connection.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 204 /);
    expect(handled).toEqual([{ a: 1 }]);
  });
});
