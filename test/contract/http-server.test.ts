import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Caller, expectCleanLog, expectCode, expectShape, expectStatus, forTool, send } from './client.ts';
import { breakOff, sendRaw } from './raw.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'http-server');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

/**
 * The HTTP server of a function is tested only on the embedded platform. On a cluster, nginx receives the requests
 * first.
 */
const describeServer = onCluster ? describe.skip : describe;

describeServer("the function's HTTP server", () => {
  const health = '/v1/healthz';

  test.each([
    [
      'a target in absolute form',
      'GET http://elsewhere.example/v1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      200,
    ],
    ['HTTP/1.0', `GET ${health} HTTP/1.0\r\n\r\n`, 200],
    ['a request without Host', `GET ${health} HTTP/1.1\r\n\r\n`, 400],
    ['a target in asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['an unknown method', `BREW ${health} HTTP/1.1\r\nHost: x\r\n\r\n`, 400],
    ['an unknown expectation', `GET ${health} HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n`, 417],
    ['bytes that are not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['headers of 70 kB', `GET ${health} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    [
      'two Content-Length headers',
      `POST ${health} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
    ],
    [
      'Content-Length together with chunks',
      `POST ${health} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a chunk without a valid size',
      `POST ${health} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['a bare line feed in a header', `GET ${health} HTTP/1.1\r\nHost: x\nX-Y: z\r\n\r\n`, 400],
    ['a path with dots', 'GET /v1/tool/../healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a path with two slashes', 'GET //v1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a target that is not a URL', 'GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
  ])('responds to %s without internal details', async (_, bytes, status) => {
    const { text } = expectStatus(await sendRaw(target.url, bytes), status);
    expect(text).not.toMatch(/ at |node:/);
  });

  test('responds to Expect: 100-continue', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    const bytes = `${head}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const { head: received, text } = await sendRaw(target.url, bytes, /body_invalid/);
    expect(received + text).toContain('400 Bad Request');
  });

  test.each([
    ['POST', '/builds'],
    ['POST', '/clean'],
    ['PUT', '/builds/no-such-build/cancel'],
    ['DELETE', '/builds/no-such-build'],
    ['GET', '/builds'],
  ])('refuses %s %s without a credential before the body arrives', async (method, path) => {
    const line = `${method} ${new URL(mine.base).pathname}${path} HTTP/1.1`;
    for (const body of ['Content-Length: 100', 'Content-Length: 1073741824', 'Transfer-Encoding: chunked'])
      expectCode(await sendRaw(target.url, `${line}\r\nHost: x\r\n${body}\r\n\r\n`, /\}$/), 401, 'unauthenticated');
  });

  test.each([
    ['POST', '/clean', 200],
    ['PUT', '/builds/no-such-build/cancel', 404],
    ['DELETE', '/builds/no-such-build', 404],
    ['GET', '/builds', 200],
  ])('responds to %s %s without waiting for a body', async (method, path, status) => {
    const line = `${method} ${new URL(mine.base).pathname}${path} HTTP/1.1`;
    const bytes = `${line}\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Length: 100\r\n\r\n`;
    expectStatus(await sendRaw(target.url, bytes, /\}$/), status);
  });

  test('stays healthy after requests that break off', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    for (const bytes of [
      `${head}Content-Length: 100\r\n\r\n{"a"`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{`,
      'GET /v1 HTT',
      '',
    ])
      await breakOff(target.url, bytes);
    expectShape(expectStatus(await send(`${target.url}/v1/healthz`), 200).json, 'HealthResponse');
  });
});
