import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../../lib/auth/gateway.ts';
import { ApiError } from '../../../../lib/errors.ts';
import { createApp } from '../../../../lib/http/app.ts';
import type { ApiRequest, Handler } from '../../../../lib/http/types.ts';
import { sendRaw } from '../../../contract/raw.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const logged: unknown[] = [];
let seen: ApiRequest | undefined;
let server: TestServer;

const echo: Handler = async (request) => {
  seen = request;
  return { json: { params: request.params } };
};

const start: Handler = async (request) => ({ json: JSON.parse(request.body.toString()) });

const handlers: Record<string, Handler> = {
  start: start,
  list: async () => {
    throw new Error('database password is hunter2');
  },
  latest: echo,
  get: echo,
  logs: echo,
  cancel: echo,
  delete: async () => {
    throw new ApiError(503, 'unavailable', 'Later.', { retryAfter: 2.3 });
  },
  healthcheck: echo,
};

beforeAll(async () => {
  const app = createApp({
    handlers,
    authenticate: createAuthenticate([createGatewayCheck(fixedSecret('s3cret'))]),
    log: (...line) => logged.push(line),
  });
  server = await startServer(app);
});
afterAll(() => server.close());
beforeEach(() => {
  seen = undefined;
  logged.length = 0;
});

const mine = { 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 's3cret' };
const send = async (method: string, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${server.url}${path}`, { method, headers: mine, ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
};
const post = (body: string | Uint8Array, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  send('POST', '/v1/tool/mine/builds', { body: body as string, headers: { ...mine, ...headers } });

describe('createApp finds the route:', () => {
  test.each(['/v1/tool/mine/builds/latest', '/v1/tool/mine/builds/latest/', '/builds/v1/tool/mine/builds/latest'])(
    '%s is the latest build, not a build with the id latest',
    async (path) => {
      expect((await send('GET', path)).status).toBe(200);
      expect(seen?.operation).toBe('latest');
    },
  );

  test('an unknown path gets 404, a wrong method gets 405 with Allow', async () => {
    expect(await send('GET', '/v1/tool/mine')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const wrong = await send('PATCH', '/v1/tool/mine/builds/x');
    expect(wrong).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(wrong.headers.get('allow')).toBe('GET, DELETE');
  });

  test('HEAD gets the response of GET without a body', async () => {
    const response = await send('HEAD', '/v1/healthz');
    expect(response.status).toBe(200);
    expect(response.body).toBeUndefined();
  });

  test.each([
    ['an encoded slash in an id', '/v1/tool/mine/builds/a%2Fb', 'parameter_invalid'],
    ['a percent sign that encodes nothing', '/v1/tool/mine/builds/a%zz', 'parameter_invalid'],
    ['a parameter given twice', '/v1/tool/mine/builds/x/logs?tail=1&tail=2', 'parameter_invalid'],
    ['an unknown format', '/v1/tool/mine/builds/x/logs?format=xml', 'parameter_invalid'],
    ['a follow that is no boolean', '/v1/tool/mine/builds/x/logs?follow=perhaps', 'parameter_invalid'],
    ['a tail below zero', '/v1/tool/mine/builds/x/logs?tail=-1', 'parameter_invalid'],
    ['an empty cursor', '/v1/tool/mine/builds/x/logs?cursor=', 'cursor_invalid'],
  ])('%s gets 400', async (_, path, code) => {
    expect(await send('GET', path)).toMatchObject({
      status: 400,
      body: { code, error: [expect.stringMatching(/\w/)] },
    });
  });

  test.each([
    ['tail=-1', { field: 'tail', problem: 'must be a number from 0 to 9999999' }],
    ['follow=perhaps', { field: 'follow', problem: expect.stringMatching(/^must be equal to one of/) }],
    ['grep=', { field: 'grep', problem: 'must NOT have fewer than 1 characters' }],
  ])('a query of %s gets the wrong parameter and the problem apart', async (query, wrong) => {
    expect((await send('GET', `/v1/tool/mine/builds/x/logs?${query}`)).body).toMatchObject(wrong);
  });

  test.each(['Mine', 'mine%0A', 'mine.notthistool', 'mine%zz', 'mine%2F..%2Fother'])(
    'a path of the tool %s gets 403, before its other parameters are looked at',
    async (tool) => {
      const response = await send('GET', `/v1/tool/${tool}/builds/a%2Fb/logs?tail=x`);
      expect(response).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    },
  );

  // A function must not resolve these: the gateway has chosen the function by the path as it is.
  test.each(['..', '.', '%2e%2e', '%2E.', '%2F', '%5c..', '\\', '#', 'a#b', '%00', '%', '%C3', '%C3%A4', '%252e'])(
    'a path of the tool %s gets 403, as the client has spelled it',
    async (tool) => {
      const headers = 'X-Toolforge-Tool: mine\r\nX-Toolforge-Gateway-Secret: s3cret\r\nHost: x';
      for (const path of [`/v1/tool/${tool}/builds`, `/builds/v1/tool/${tool}/builds/latest/logs?tail=x`]) {
        const bytes = `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`;
        expect(await sendRaw(server.url, bytes)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
      }
    },
  );

  test.each(['True', 'False', 'true', 'false'])('follow=%s is accepted', async (follow) => {
    expect((await send('GET', `/v1/tool/mine/builds/x/logs?follow=${follow}`)).status).toBe(200);
  });
});

describe('createApp authenticates:', () => {
  test('a request without a credential gets 401 before its parameters are validated', async () => {
    expect(await send('GET', '/v1/tool/mine/builds/a%2Fb', { headers: {} })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  });

  test('a request for a foreign tool gets 403', async () => {
    expect(await send('GET', '/v1/tool/theirs/builds/latest')).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });

  test.each([
    { 'x-toolforge-tool': 'mine' },
    { 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 'guess' },
    { 'x-toolforge-gateway-secret': 's3cret' },
  ])("a request without the right pair of the gateway's headers gets 401: %j", async (headers) => {
    expect(
      (await send('GET', '/v1/tool/mine/builds/latest', { headers: headers as Record<string, string> })).status,
    ).toBe(401);
  });

  test('a request with two Authorization headers gets 400', async () => {
    const headers = [...Object.entries(mine), ['authorization', 'Bearer a.b.c'], ['authorization', 'Bearer d.e.f']];
    const lines = headers.map((pair) => `${pair.join(': ')}\r\n`).join('');
    const bytes = `GET /v1/tool/mine/builds/latest HTTP/1.1\r\nHost: x\r\n${lines}Connection: close\r\n\r\n`;
    expect(await sendRaw(server.url, bytes)).toMatchObject({ status: 400 });
    expect(seen).toBeUndefined();
  });

  test('two headers X-Toolforge-Tool get 403, whichever comes first', async () => {
    for (const tools of [
      ['mine', 'other'],
      ['other', 'mine'],
    ]) {
      const lines = tools.map((tool) => `X-Toolforge-Tool: ${tool}\r\n`).join('');
      const head = `GET /v1/tool/mine/builds/latest HTTP/1.1\r\nHost: x\r\nX-Toolforge-Gateway-Secret: s3cret\r\n`;
      const bytes = `${head}${lines}Connection: close\r\n\r\n`;
      expect(await sendRaw(server.url, bytes)).toMatchObject({ status: 403 });
    }
  });

  test('a request for the health needs no credential', async () => {
    expect((await send('GET', '/v1/healthz', { headers: {} })).status).toBe(200);
  });
});

describe('createApp refuses requests of other sites:', () => {
  const changes = [
    ['POST', '/v1/tool/mine/builds'],
    ['PUT', '/v1/tool/mine/builds/x/cancel'],
    ['DELETE', '/v1/tool/mine/builds/x'],
  ] as const;

  test.each(changes)('%s of a page of another site gets 403, and has a line in the audit log', async (method, path) => {
    const crossSite = { status: 403, body: { code: 'cross_site' } };
    for (const more of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<
      string,
      string
    >[])
      expect(await send(method, path, { headers: { ...mine, ...more } })).toMatchObject(crossSite);
    expect(logged).toMatchObject(
      Array(2).fill(['INFO', 'audit', { tool: 'mine', subject: 'certificate:mine', code: 'cross_site' }]),
    );
  });

  test.each(changes)('%s with a media type of HTML forms gets 415, also without a body', async (method, path) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])
      expect(await send(method, path, { headers: { ...mine, 'content-type': type } })).toMatchObject({
        status: 415,
        body: { code: 'media_type_unsupported' },
      });
    expect(seen).toBeUndefined();
  });

  test('a page of the same origin can change something', async () => {
    const headers = { ...mine, origin: new URL(server.url).origin, 'content-type': 'application/json' };
    expect((await send('PUT', '/v1/tool/mine/builds/x/cancel', { headers })).status).toBe(200);
    const fetched = { ...mine, 'sec-fetch-site': 'same-origin' };
    expect((await send('PUT', '/v1/tool/mine/builds/x/cancel', { headers: fetched })).status).toBe(200);
  });

  test('a link of another site can read, without an answer that the site may see', async () => {
    const headers = { ...mine, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const response = await send('GET', '/v1/tool/mine/builds/latest', { headers });
    expect(response.status).toBe(200);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('no site may send requests that need permission first', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' };
    const response = await send('OPTIONS', '/v1/tool/mine/builds/x/cancel', { headers });
    expect(response.status).toBe(405);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('createApp turns errors into responses:', () => {
  test('an unexpected error is logged with its message and sent without it', async () => {
    const response = await send('GET', '/v1/tool/mine/builds');
    expect(response).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(response.body)).not.toContain('hunter2');
    expect(logged).toMatchObject([
      ['ERROR', expect.anything(), { error: { message: expect.stringContaining('hunter2') } }],
    ]);
  });

  test('Retry-After is a whole number of seconds', async () => {
    const response = await send('DELETE', '/v1/tool/mine/builds/x');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('3');
  });

  test('a client that goes away while it sends is not logged as an error', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      'POST /v1/tool/mine/builds HTTP/1.1\r\nhost: x\r\nx-toolforge-tool: mine\r\nx-toolforge-gateway-secret: s3cret\r\ncontent-length: 100\r\n\r\n{',
    );
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect((await send('GET', '/v1/healthz')).status).toBe(200);
    expect(logged).toEqual([]);
  });
});

describe('createApp limits bodies:', () => {
  test('a body over the limit gets 413, with or without a Content-Length', async () => {
    const large = 'x'.repeat(3_000_000);
    expect(await post(large)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    const { port } = new URL(server.url);
    const received = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      let text = '';
      socket.on('data', (part) => (text += part.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', () => {});
      socket.write(
        'POST /v1/tool/mine/builds HTTP/1.1\r\nhost: x\r\nx-toolforge-tool: mine\r\nx-toolforge-gateway-secret: s3cret\r\ntransfer-encoding: chunked\r\n\r\n',
      );
      for (let sent = 0; sent < 3; sent++) socket.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`);
    });
    expect(received).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
  });

  test.each([{ 'content-type': 'text/plain' }, { 'content-type': 'application/json', 'content-encoding': 'gzip' }])(
    'a body with the headers %j gets 415',
    async (headers) => {
      expect(await post('{}', headers as Record<string, string>)).toMatchObject({
        status: 415,
        body: { code: 'media_type_unsupported' },
      });
    },
  );

  test('an Idempotency-Key of 256 characters gets 400', async () => {
    expect(await post('{}', { 'idempotency-key': 'x'.repeat(256) })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_invalid' },
    });
  });
});
