import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Connection, openConnection } from '../../../support/connection.ts';
import { keepSending } from '../../../support/keep-sending.ts';
import { type Bundle, bundleFunction, type FunctionProcess } from './function-process.ts';

let bundle: Bundle;
let running: FunctionProcess;
const connections: Connection[] = [];

beforeAll(async () => {
  bundle = await bundleFunction('echoing');
  running = await bundle.start();
});
afterEach(() => {
  for (const { socket } of connections.splice(0)) socket.destroy();
});
afterAll(async () => {
  running.child.kill('SIGKILL');
  await bundle.remove();
});

const open = (bytes: string): Connection => {
  const connection = openConnection(connect(Number(new URL(running.url).port), '127.0.0.1'));
  connections.push(connection);
  connection.send(bytes);
  return connection;
};

const secret = 'X-Toolforge-Gateway-Secret: s3cret';
const mine = `X-Toolforge-Tool: mine\r\n${secret}`;
const head = (headers: string, line = 'POST /v1/tool/mine/builds') =>
  `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`;
const kilobyte = 'x'.repeat(1024);
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** The lines of the function's log since it has started, as JSON. */
const logged = (): Record<string, unknown>[] =>
  running
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

/** Waits until the function has responded to a request that is sent now. */
const settle = async (): Promise<void> => void (await fetch(`${running.url}/v1/healthz`).then((got) => got.text()));

/** Waits until the log has a line that fits, and returns the lines from `before` up to that line. */
const linesUntil = async (before: number, fits: (line: Record<string, unknown>) => boolean) => {
  for (;;) {
    const lines = logged().slice(before);
    const end = lines.findIndex(fits);
    if (end >= 0) return lines.slice(0, end + 1);
    await once(running.child.stderr, 'data');
  }
};

const wrongSecret = 'X-Toolforge-Tool: mine\r\nX-Toolforge-Gateway-Secret: guess';
const isRefusal = ({ message }: Record<string, unknown>): boolean => message === 'sign-in refused';

/**
 * Returns the lines of the log from `from` up to now. A line reaches the test later than the response to its request
 * does, so a request whose line no other request has marks the present.
 */
const linesUntilNow = async (from: number): Promise<Record<string, unknown>[]> => {
  const build = `mark-${randomUUID()}`;
  await settle();
  open(head(mine, `DELETE /v1/tool/mine/builds/${build}`));
  return (await linesUntil(from, (line) => line.build === build)).slice(0, -1);
};

/** Returns the number of lines that the log has now. */
const linesNow = async (): Promise<number> => (await linesUntilNow(0)).length + 1;

describe('a function that gets a request with an unfinished body', () => {
  test.each([
    ['no credential', 'Content-Length: 100', 401, 'unauthenticated'],
    ['no credential and chunks', 'Transfer-Encoding: chunked', 401, 'unauthenticated'],
    ['no credential and a gigabyte', 'Content-Length: 1073741824', 401, 'unauthenticated'],
    ['a wrong credential', `X-Toolforge-Tool: mine\r\n${secret}!\r\nContent-Length: 100`, 401, 'token_invalid'],
    ['another tool', `X-Toolforge-Tool: other\r\n${secret}\r\nContent-Length: 100`, 403, 'forbidden'],
    ['another site', `${mine}\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 100`, 403, 'cross_site'],
    ['another media type', `${mine}\r\nContent-Type: text/plain\r\nContent-Length: 9`, 415, 'media_type_unsupported'],
    ['a wrong parameter', `${mine}\r\nIdempotency-Key: a b\r\nContent-Length: 9`, 400, 'idempotency_key_invalid'],
    ['a gigabyte', `${mine}\r\nContent-Length: 1073741824`, 413, 'body_too_large'],
    ['one byte too many', `${mine}\r\nContent-Length: 65537`, 413, 'body_too_large'],
  ])('refuses %s before the body arrives', async (_, headers, status, code) => {
    const received = await open(head(headers)).receive(/\}$/);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*"code":"${code}"`));
  });

  test.each([
    ['an unknown path', 'POST /v1/elsewhere', 404],
    ['a wrong method', 'PATCH /v1/tool/mine/builds', 405],
    ['an operation of another function', 'POST /v1/tool/mine/clean', 404],
  ])('refuses %s before the body arrives', async (_, line, status) => {
    const received = await open(head(`${mine}\r\nContent-Length: 100`, line)).receive(/\}$/);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('logs and counts each wrong credential once', async () => {
    const before = await linesNow();
    const connection = open(head(`${wrongSecret}\r\nContent-Length: 5`));
    await connection.receive(/token_invalid/);
    const [first] = await linesUntil(before, isRefusal);
    connection.send('12345');
    expect(await linesUntilNow(before + 1)).toEqual([]);
    open(head(wrongSecret));
    const next = await linesUntil(before + 1, isRefusal);
    expect(next.at(-1)?.refused).toBe(Number(first?.refused) + 1);
  });

  test('responds to other requests while 500 clients without a credential send no end', async () => {
    const many = Array.from({ length: 500 }, () => open(head('Content-Length: 100')));
    for (const connection of many) await connection.receive(/^HTTP\/1.1 401 [\s\S]*\}$/);
    await settle();
  });

  test('reads a body that arrives in parts', async () => {
    const connection = open(head(`${mine}\r\nContent-Length: 6`));
    for (const part of ['ab', 'cd', 'ef']) {
      connection.send(part);
      await settle();
    }
    expect(await connection.receive(/\}$/)).toMatch(/^HTTP\/1.1 200 [\s\S]*\{"bytes":6\}/);
  });

  test('reads a body of exactly 64 KiB, with and without a length', async () => {
    const body = kilobyte.repeat(64);
    const sized = open(head(`${mine}\r\nContent-Length: 65536`) + body);
    const chunked = open(`${head(`${mine}\r\nTransfer-Encoding: chunked`)}${chunk(body)}0\r\n\r\n`);
    for (const connection of [sized, chunked])
      expect(await connection.receive(/\}$/)).toMatch(/^HTTP\/1.1 200 [\s\S]*\{"bytes":65536\}/);
  });

  test('gives up a body that does not end with 408 and a sentence, and writes a line to the audit log', async () => {
    const before = await linesNow();
    const connection = open(head(`${mine}\r\nContent-Length: 100`));
    const trickle = setInterval(() => connection.send('x'), 1000);
    const received = await connection.receive(/\}$/).finally(() => clearInterval(trickle));
    expect(received).toMatch(/^HTTP\/1.1 408 [\s\S]*Send the request again\.[\s\S]*"code":"body_timeout"/);
    const lines = await linesUntil(before, ({ message }) => message === 'audit');
    expect(lines).toMatchObject([{ severity: 'INFO', status: 408, code: 'body_timeout' }]);
  }, 60_000);

  test('closes the connection of a refused client that does not end its body', async () => {
    const connection = open(head('Content-Length: 1000'));
    const trickle = setInterval(() => connection.send('x'), 500);
    expect(await connection.closed.finally(() => clearInterval(trickle))).toMatch(/^HTTP\/1.1 401 [\s\S]*\}$/);
  }, 20_000);

  test('lets a client that goes on sending read its refusal', async () => {
    const connection = open(head(`${mine}\r\nTransfer-Encoding: chunked`));
    expect(await keepSending(connection, chunk)).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
    connection.send('0\r\n\r\nGET /v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await connection.receive(/"bytes":0/)).toMatch(/\}HTTP\/1.1 200 /);
  }, 60_000);
});

describe('a function that gets a body which its operation does not have', () => {
  test.each(['GET /v1/healthz', 'HEAD /v1/healthz', 'GET /v1/tool/mine/builds', 'DELETE /v1/tool/mine/builds/x'])(
    'responds to %s without waiting for the body',
    async (line) => {
      const connection = open(head(`${mine}\r\nContent-Length: 100`, line));
      expect(await connection.receive(line.startsWith('HEAD') ? /\r\n\r\n/ : /\{"bytes":0\}/)).toMatch(/ 200 /);
    },
  );

  test.each(['GET /v1/healthz', 'DELETE /v1/tool/mine/builds/x'])('refuses a body over 64 KiB of %s', async (line) => {
    const connection = open(head(`${mine}\r\nContent-Length: 65537`, line));
    expect(await connection.receive(/\}$/)).toMatch(/^HTTP\/1.1 413 /);
  });

  test('closes the connection when the body does not end', async () => {
    const connection = open(head(`${mine}\r\nTransfer-Encoding: chunked`, 'GET /v1/healthz'));
    const trickle = setInterval(() => connection.send(chunk('x')), 500);
    expect(await connection.closed.finally(() => clearInterval(trickle))).toMatch(/^HTTP\/1.1 200 /);
  }, 20_000);
});

describe('a function whose client', () => {
  test.each([
    ['leaves while it sends a body', `${head(`${mine}\r\nContent-Length: 100`)}{`],
    ['leaves within a chunk', `${head(`${mine}\r\nTransfer-Encoding: chunked`)}5\r\n{`],
  ])('%s logs no error, and one true line in the audit log', async (_, bytes) => {
    const before = await linesNow();
    const connection = open(bytes);
    await settle();
    connection.socket.resetAndDestroy();
    await linesUntil(before, ({ message }) => message === 'audit');
    expect(await linesUntilNow(before)).toMatchObject([
      { severity: 'INFO', message: 'audit', operation: 'start', status: 400, code: 'body_invalid' },
    ]);
  });

  test('leaves without a credential logs nothing', async () => {
    const before = await linesNow();
    const connection = open(`${head('Content-Length: 100')}{`);
    await settle();
    connection.socket.resetAndDestroy();
    await connection.closed;
    expect(await linesUntilNow(before)).toEqual([]);
  });

  test('pipelines requests behind a refused body gets every response in order', async () => {
    const refused = head('Content-Length: 4');
    const accepted = head(`${mine}\r\nContent-Length: 4`);
    const connection = open(`${refused}abcd${accepted}abcd${refused}abcd${head('A: b', 'GET /v1/healthz')}`);
    const received = await connection.receive(/"bytes":0/);
    expect(received.match(/HTTP\/1.1 \d+/g)).toEqual([401, 200, 401, 200].map((status) => `HTTP/1.1 ${status}`));
    expect(received.match(/"bytes":\d+/g)).toEqual(['"bytes":4', '"bytes":0']);
  });

  test('waits for 100 Continue is told to send an accepted body only', async () => {
    const expecting = 'Expect: 100-continue\r\nContent-Length: 4';
    const accepted = open(head(`${mine}\r\n${expecting}`));
    expect(await accepted.receive(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    accepted.send('abcd');
    expect(await accepted.receive(/\}$/)).toMatch(/ 200 OK[\s\S]*\{"bytes":4\}/);
    for (const headers of [expecting, `${mine}\r\n${expecting}\r\nContent-Type: text/plain`])
      expect(await open(head(headers)).receive(/\}$/)).toMatch(/^HTTP\/1.1 4/);
    const huge = open(head(`${mine}\r\nExpect: 100-continue\r\nContent-Length: 65537`));
    expect(await huge.receive(/\}$/)).toMatch(/^HTTP\/1.1 413 /);
  });
});
