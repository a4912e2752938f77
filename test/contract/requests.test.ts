import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Caller,
  expectCleanLog,
  expectCode,
  expectRefusal,
  expectShape,
  expectStatus,
  forTool,
  send,
} from './client.ts';
import { breakOff, sendRaw } from './raw.ts';
import { buildTimeoutMs, onCluster, startTarget, type Target } from './target.ts';

let target: Target;
let mine: Caller;
let source_url: string;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'requests');
  source_url = await target.repository('requests', { Procfile: 'web: true\n' });
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

const json = { 'content-type': 'application/json' };

describe('authentication', () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = () => Math.floor(Date.now() / 1000);
  const quota = (token: string | undefined, headers = {}) =>
    send(`${mine.base}/quotas`, token === undefined ? { headers } : { token, headers });

  test('refuses a request without a credential', async () => {
    const response = await quota(undefined);
    expectRefusal(response, ...target.withoutCredential);
    if (response.status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each<[string, () => Promise<string>]>([
    ['expired', () => target.token({ groups: ['tools.requests'] }, '-5m')],
    ['for another audience', () => target.token({ groups: ['tools.requests'], aud: 'jobs-api' })],
    ['for an event function', () => target.token({ groups: ['tools.requests'], aud: 'finish-build' })],
    ['of another issuer', () => target.token({ groups: ['tools.requests'], iss: 'https://evil.example' })],
    ['without a signature', async () => (await target.tokenFor('requests')).replace(/\.[^.]*$/, '.')],
    ['with a broken signature', async () => (await target.tokenFor('requests')).replace(/.{6}$/, 'AAAAAA')],
    [
      'with alg none',
      async () => {
        const iss = JSON.parse(
          Buffer.from((await target.tokenFor('x')).split('.')[1] ?? '', 'base64url').toString(),
        ).iss;
        const claims = { iss, aud: 'builds-api', sub: 'x', exp: now() + 600, groups: ['tools.requests'] };
        return `${encode({ alg: 'none' })}.${encode(claims)}.`;
      },
    ],
    ['whose claims are a list', async () => `${encode({ alg: 'ES256' })}.${encode([])}.AAAA`],
    ['that is not a JWT', async () => 'hello'],
    ['of 9,000 characters', async () => 'a'.repeat(9000)],
    ['that is not valid yet', async () => target.token({ groups: ['tools.requests'], nbf: now() + 3600 })],
  ])('refuses a token %s', async (_, token) => expectRefusal(await quota(await token()), 401, 'token_invalid'));

  test.each([['Basic eDp5'], ['Bearer'], ['Bearer a b'], ['Bearer  ']])(
    'refuses the header "Authorization: %s"',
    async (authorization) => expectRefusal(await quota(undefined, { authorization }), 401, 'token_invalid'),
  );

  test.each<[string, unknown]>([
    ['no groups', undefined],
    ['an empty group', ['tools.']],
    ['another tool', ['tools.requests2']],
    ['a prefix of the name', ['tools.request']],
    ['a group without the prefix', ['requests']],
    ['groups that are no texts', [{ tools: 'requests' }, null, 7]],
  ])('refuses a token with %s for this tool', async (_, groups) =>
    expectRefusal(await quota(await target.token(groups === undefined ? {} : { groups })), 403, 'forbidden'),
  );

  test.each([
    ['without its secret', { 'x-toolforge-tool': 'requests' }],
    ['with a wrong secret', { 'x-toolforge-tool': 'requests', 'x-toolforge-gateway-secret': 'guess' }],
  ])("ignores the gateway's header %s", async (_, headers) =>
    expectRefusal(await quota(undefined, headers), ...target.withoutCredential),
  );

  test('uses only the first of two Authorization headers', async () => {
    const foreign = await target.tokenFor('other');
    const lines = [foreign, mine.token].map((token) => `Authorization: Bearer ${token}\r\n`).join('');
    const path = new URL(`${mine.base}/quotas`).pathname;
    const bytes = `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}Connection: close\r\n\r\n`;
    const response = await sendRaw(target.url, bytes);
    // On a cluster nginx refuses a request with two Authorization headers.
    expectStatus(response, onCluster ? 400 : 403);
  });

  test('comes before validation, so that a caller without a credential learns nothing', async () => {
    for (const path of ['/v1/tool/no..such/builds', '/v1/tool/x/builds/%2F', '/v1/tool/x/builds?follow=2'])
      expectRefusal(await send(`${target.url}${path}`), ...target.withoutCredential);
  });
});

describe('paths and queries', () => {
  test.each([
    ['UPPER', 'tool_invalid'],
    ['1digit', 'tool_invalid'],
    ['-dash', 'tool_invalid'],
    ['dash-', 'tool_invalid'],
    ['dot.ted', 'tool_invalid'],
    // On a cluster nginx refuses this path.
    ['%00', onCluster ? 'parameter_invalid' : 'tool_invalid'],
    ['requests%2Fbuilds', 'tool_invalid'],
    ['requests%0a', 'tool_invalid'],
    ['..%2f..%2fetc', 'tool_invalid'],
    ['%C3%A9', 'tool_invalid'],
    [`a${'b'.repeat(256)}`, 'tool_invalid'],
  ])('with the tool %s are refused', async (tool, code) =>
    expectRefusal(await send(`${target.url}/v1/tool/${tool}/quotas`, { token: mine.token }), 400, code),
  );

  test('of a foreign tool are refused', async () => {
    for (const [path, method] of [
      ['builds', 'GET'],
      ['builds', 'POST'],
      ['builds/latest', 'GET'],
      ['builds/x', 'DELETE'],
      ['builds/x/cancel', 'PUT'],
      ['builds/x/logs', 'GET'],
      ['clean', 'POST'],
      ['quotas', 'GET'],
    ])
      expectRefusal(
        await send(`${target.url}/v1/tool/foreign/${path}`, { token: mine.token, method: method ?? '' }),
        403,
        'forbidden',
      );
  });

  test.each([
    ['%2F', 400, 'parameter_invalid'],
    ['..%2F..%2Fpods', 400, 'parameter_invalid'],
    ['%2e%2e%2fquotas', 400, 'parameter_invalid'],
    ['a%00b', 400, 'parameter_invalid'],
    ['a%0d%0ax', 400, 'parameter_invalid'],
    ['%', 400, 'parameter_invalid'],
    ['%E2%80%A8', 400, 'parameter_invalid'],
    ['a'.repeat(254), 400, 'parameter_invalid'],
    ['__proto__', 400, 'parameter_invalid'],
    ['constructor', 404, 'build_not_found'],
    ['a'.repeat(253), 404, 'build_not_found'],
    ['requests-buildpacks-pipelinerun-0000000000', 404, 'build_not_found'],
  ])('with the id %s are refused', async (id, status, code) => {
    for (const [path, method] of [
      [id, 'GET'],
      [id, 'DELETE'],
      [`${id}/cancel`, 'PUT'],
      [`${id}/logs`, 'GET'],
      [`${id}/logs?follow=true`, 'GET'],
    ])
      expectRefusal(await mine.call(`/builds/${path}`, { method: method ?? '' }), status, code);
  });

  test.each(['/quotas/', '/builds/', '/builds/latest/'])(
    '%s gets the same response as without its last slash',
    async (path) => {
      const [without, within] = [await mine.call(path.slice(0, -1)), await mine.call(path)];
      expect([within.status, within.text]).toEqual([without.status, without.text]);
    },
  );

  test.each(['//', '/quotas//', '//quotas', '/builds//latest', '/builds/x/y', '/nothing', '/quotas/x'])(
    '%s gets 404',
    async (path) => expectRefusal(await mine.call(path), 404, 'not_found'),
  );

  test.each([
    ['DELETE', '/quotas', 'GET'],
    ['OPTIONS', '/quotas', 'GET'],
    ['PATCH', '/builds', 'GET, POST'],
    ['GET', '/clean', 'POST'],
    ['POST', '/builds/x/cancel', 'PUT'],
  ])('%s %s gets 405 with Allow', async (method, path, allow) => {
    const response = await mine.call(path, { method });
    expectRefusal(response, 405, 'method_not_allowed');
    expect(response.headers.get('allow')?.split(', ').sort().join(', ')).toBe(allow);
  });

  test('HEAD gets the response of GET without a body', async () => {
    const response = await mine.call('/quotas', { method: 'HEAD' });
    expect(expectStatus(response, 200).text).toBe('');
  });

  test.each([
    ['/quotas?x=1&x=2', 'parameter_invalid'],
    ['/builds/x/logs?follow=perhaps', 'parameter_invalid'],
    ['/builds/x/logs?tail=-1', 'parameter_invalid'],
    ['/builds/x/logs?tail=99999999', 'parameter_invalid'],
    ['/builds/x/logs?format=xml', 'parameter_invalid'],
    ['/builds/x/logs?step=../export', 'parameter_invalid'],
    [`/builds/x/logs?cursor=${'c'.repeat(201)}`, 'cursor_invalid'],
  ])('%s gets 400', async (path, code) => expectRefusal(await mine.call(path), 400, code));

  test('with unknown query parameters are accepted', async () => {
    for (const query of ['__proto__=1', 'constructor=x', 'toolname=other', 'id=%2F', '%00=1', '&&&', '%'])
      expectStatus(await mine.call(`/quotas?${query}`), 200);
  });
});

describe('start-build', () => {
  const post = (body: string | Buffer, headers: Record<string, string> = json) =>
    mine.call('/builds', { method: 'POST', headers, body });
  const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);

  test.each<[string, string | Buffer]>([
    ['an empty body', ''],
    ['a blank body', ' \n'],
    ['half an object', '{"source_url":'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['an empty object', '{}'],
    ['binary data', Buffer.from([0xff, 0xfe, 0, 1, 2])],
    ['deeply nested lists', nested('[', ']', 20_000)],
    ['deeply nested objects', nested('{"a":', '}', 10_000)],
    ['a deeply nested field', `{"source_url":"x","envvars":${nested('{"abc":', '}', 5000)}}`],
    ['a wrong type of source_url', '{"source_url":7}'],
    ['a list as source_url', '{"source_url":["http://x"]}'],
    ['an unknown field', '{"source_url":"http://x","sorce":1}'],
    ['the field __proto__', '{"source_url":"http://x","__proto__":{"ref":"x"}}'],
    ['the field constructor', '{"source_url":"http://x","constructor":{}}'],
    ['a wrong type of ref', '{"source_url":"http://x","ref":1}'],
    ['a ref of 256 characters', JSON.stringify({ source_url: 'http://x', ref: 'r'.repeat(256) })],
    ['envvars as a list', '{"source_url":"http://x","envvars":["A=b"]}'],
    ['a number in envvars', '{"source_url":"http://x","envvars":{"ABC":1}}'],
    ['null in envvars', '{"source_url":"http://x","envvars":{"ABC":null}}'],
    ['a boolean as text', '{"source_url":"http://x","use_latest_versions":"true"}'],
    ['a source_url of 3,000 characters', JSON.stringify({ source_url: `http://x/${'y'.repeat(3000)}` })],
  ])('refuses %s', async (_, body) => expectRefusal(await post(body), 400, 'body_invalid'));

  test.each(['AB', '1AB', 'A-B', 'A B', 'A=B', 'ÄÖÜ', '', 'A\nB', `A${'b'.repeat(256)}`])(
    'refuses a variable with the name %j',
    async (name) => expectRefusal(await mine.post({ source_url, envvars: { [name]: 'x' } }), 400, 'body_invalid'),
  );

  test('refuses variables that are too large, too many, or contain NUL', async () => {
    const half = 'v'.repeat(9000);
    expectRefusal(await mine.post({ source_url, envvars: { ABC: half, DEF: half } }), 400, 'envvars_too_large');
    expectRefusal(await mine.post({ source_url, envvars: { ABC: 'v'.repeat(16_385) } }), 400, 'body_invalid');
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`VAR_${at}`, '']));
    expectRefusal(await mine.post({ source_url, envvars: many }), 400, 'body_invalid');
    expectRefusal(await mine.post({ source_url, envvars: { ABC: 'a\0b' } }), 400, 'body_invalid');
  });

  test.each([
    '../other/x:evil',
    'a/b',
    'a:tag',
    'UPPER',
    '.',
    '..',
    '-a',
    'a-',
    'a..b',
    'a___b',
    'ä',
    'a b',
    'a\n',
    'x@sha256:0',
  ])('refuses the image name %j', async (image_name) =>
    expectRefusal(await mine.post({ source_url, image_name }), 400, 'body_invalid'),
  );

  test('refuses an image name of 129 characters', async () => {
    expectRefusal(await mine.post({ source_url, image_name: 'i'.repeat(129) }), 400, 'body_invalid');
  });

  test.each([
    ['3 MB', () => 'x'.repeat(3_000_000)],
    ['one byte over 64 KiB', () => 'x'.repeat(65_537)],
  ])('refuses a body of %s', async (_, body) => expectRefusal(await post(body()), 413, 'body_too_large'));

  test('refuses a body over 64 KiB in chunks without a Content-Length', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    const chunk = `${(32 * 1024).toString(16)}\r\n${'x'.repeat(32 * 1024)}\r\n`;
    const bytes = `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}`;
    expectCode(await sendRaw(target.url, bytes, /}$/), 413, 'body_too_large');
  });

  test.each([
    ['text/plain', undefined],
    ['multipart/form-data; boundary=x', undefined],
    ['application/json', 'gzip'],
    ['application/jsonx', undefined],
  ])('refuses a body with Content-Type %s and Content-Encoding %s', async (type, encoding) => {
    const headers = { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}) };
    expectRefusal(await post('{}', headers), 415, 'media_type_unsupported');
  });

  test.each(['', ' ', 'k'.repeat(256), 'a b', 'ключ'.normalize()])('refuses the Idempotency-Key %j', async (key) => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const lines = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${mine.token}`,
      `Idempotency-Key: ${key}`,
    ];
    const body = JSON.stringify({ source_url });
    const head = [...lines, 'Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close'];
    const response = await sendRaw(target.url, `${head.join('\r\n')}\r\n\r\n${body}`, /}$/);
    expectCode(response, 400, 'idempotency_key_invalid');
  });
});

/** These tests are about the function's own HTTP server. On a cluster nginx receives the requests first. */
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
    ['a path with dots', 'GET /v1/tool/../healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 200],
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
    expectShape(expectStatus(await send(`${target.url}/v1/healthz`), 200).json, 'Health');
  });
});
