import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Caller, expectCleanLog, expectRefusal, expectShape, forTool, send } from './client.ts';
import { breakOff, sendRaw } from './raw.ts';
import { onCluster, patience, startTarget, type Target } from './target.ts';

let target: Target;
let mine: Caller;
let source_url: string;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'requests');
  source_url = await target.repository('requests', { Procfile: 'web: true\n' });
}, patience);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

const json = { 'content-type': 'application/json' };

describe('who calls', () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = () => Math.floor(Date.now() / 1000);
  const quota = (token: string | undefined, headers = {}) =>
    send(`${mine.base}/quotas`, token === undefined ? { headers } : { token, headers });

  test('nobody', async () => {
    const answer = await quota(undefined);
    expectRefusal(answer, ...target.unproven);
    if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each<[string, () => Promise<string>]>([
    ['expired', () => target.token({ groups: ['tools.requests'] }, '-5m')],
    ['for another audience', () => target.token({ groups: ['tools.requests'], aud: 'jobs-api' })],
    ['of the event path', () => target.token({ groups: ['tools.requests'], aud: 'finish-build' })],
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
    ['with claims of an array', async () => `${encode({ alg: 'ES256' })}.${encode([])}.AAAA`],
    ['that is no token', async () => 'hello'],
    ['of 9,000 characters', async () => 'a'.repeat(9000)],
    ['not yet valid', async () => target.token({ groups: ['tools.requests'], nbf: now() + 3600 })],
  ])('a token %s', async (_, token) => expectRefusal(await quota(await token()), 401, 'token_invalid'));

  test.each([['Basic eDp5'], ['Bearer'], ['Bearer a b'], ['Bearer  ']])('Authorization: %s', async (authorization) =>
    expectRefusal(await quota(undefined, { authorization }), 401, 'token_invalid'),
  );

  test.each<[string, unknown]>([
    ['no groups', undefined],
    ['an empty group', ['tools.']],
    ['another tool', ['tools.requests2']],
    ['a prefix of the name', ['tools.request']],
    ['a group without the prefix', ['requests']],
    ['groups of a strange kind', [{ tools: 'requests' }, null, 7]],
  ])('a token with %s is for other tools', async (_, groups) =>
    expectRefusal(await quota(await target.token(groups === undefined ? {} : { groups })), 403, 'forbidden'),
  );

  test.each([
    ['without its secret', { 'x-toolforge-tool': 'requests' }],
    ['with a wrong secret', { 'x-toolforge-tool': 'requests', 'x-toolforge-gateway-secret': 'guess' }],
  ])('the gateway header %s counts as not sent', async (_, headers) =>
    expectRefusal(await quota(undefined, headers), ...target.unproven),
  );

  test('two Authorization headers: the first counts, the other gives nothing', async () => {
    const foreign = await target.tokenFor('other');
    const lines = [foreign, mine.token].map((token) => `Authorization: Bearer ${token}\r\n`).join('');
    const path = new URL(`${mine.base}/quotas`).pathname;
    const { status } = await sendRaw(
      target.url,
      `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}Connection: close\r\n\r\n`,
    );
    // nginx refuses the request as such.
    expect(status).toBe(onCluster ? 400 : 403);
  });

  test('strangers learn nothing: who they are comes before what they ask', async () => {
    for (const path of ['/v1/tool/no..such/builds', '/v1/tool/x/builds/%2F', '/v1/tool/x/builds?follow=2'])
      expectRefusal(await send(`${target.url}${path}`), ...target.unproven);
  });
});

describe('paths', () => {
  test.each([
    ['UPPER', 'tool_invalid'],
    ['1digit', 'tool_invalid'],
    ['-dash', 'tool_invalid'],
    ['dash-', 'tool_invalid'],
    ['dot.ted', 'tool_invalid'],
    // No path for nginx either.
    ['%00', onCluster ? 'parameter_invalid' : 'tool_invalid'],
    ['requests%2Fbuilds', 'tool_invalid'],
    ['requests%0a', 'tool_invalid'],
    ['..%2f..%2fetc', 'tool_invalid'],
    ['%C3%A9', 'tool_invalid'],
    [`a${'b'.repeat(256)}`, 'tool_invalid'],
  ])('the tool %s', async (tool, code) =>
    expectRefusal(await send(`${target.url}/v1/tool/${tool}/quotas`, { token: mine.token }), 400, code),
  );

  test('a foreign tool', async () => {
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
  ])('the id %s', async (id, status, code) => {
    for (const [path, method] of [
      [id, 'GET'],
      [id, 'DELETE'],
      [`${id}/cancel`, 'PUT'],
      [`${id}/logs`, 'GET'],
      [`${id}/logs?follow=true`, 'GET'],
    ])
      expectRefusal(await mine.call(`/builds/${path}`, { method: method ?? '' }), status, code);
  });

  test.each(['/quotas/', '/builds/', '/builds/latest/'])('a slash behind %s changes nothing', async (path) => {
    const [without, within] = [await mine.call(path.slice(0, -1)), await mine.call(path)];
    expect(within.status).toBe(without.status);
    expect(within.text).toBe(without.text);
  });

  test.each(['//', '/quotas//', '//quotas', '/builds//latest', '/builds/x/y', '/nothing', '/quotas/x'])(
    '%s',
    async (path) => expectRefusal(await mine.call(path), 404, 'not_found'),
  );

  test.each([
    ['DELETE', '/quotas', 'GET'],
    ['OPTIONS', '/quotas', 'GET'],
    ['PATCH', '/builds', 'GET, POST'],
    ['GET', '/clean', 'POST'],
    ['POST', '/builds/x/cancel', 'PUT'],
  ])('%s %s', async (method, path, allow) => {
    const answer = await mine.call(path, { method });
    expectRefusal(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')?.split(', ').sort().join(', ')).toBe(allow);
  });

  test('HEAD is GET without a body', async () => {
    const answer = await mine.call('/quotas', { method: 'HEAD' });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  test.each([
    ['/quotas?x=1&x=2', 'parameter_invalid'],
    ['/builds/x/logs?follow=perhaps', 'parameter_invalid'],
    ['/builds/x/logs?tail=-1', 'parameter_invalid'],
    ['/builds/x/logs?tail=99999999', 'parameter_invalid'],
    ['/builds/x/logs?format=xml', 'parameter_invalid'],
    ['/builds/x/logs?step=../export', 'parameter_invalid'],
    [`/builds/x/logs?cursor=${'c'.repeat(201)}`, 'cursor_invalid'],
  ])('%s', async (path, code) => expectRefusal(await mine.call(path), 400, code));

  test('odd queries and hosts do no harm', async () => {
    for (const query of ['__proto__=1', 'constructor=x', 'toolname=other', 'id=%2F', '%00=1', '&&&', '%'])
      expect((await mine.call(`/quotas?${query}`)).status).toBe(200);
  });
});

describe('bodies', () => {
  const post = (body: string | Buffer, headers: Record<string, string> = json) =>
    mine.call('/builds', { method: 'POST', headers, body });
  const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);

  test.each<[string, string | Buffer]>([
    ['empty', ''],
    ['blank', ' \n'],
    ['half', '{"source_url":'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['an empty object', '{}'],
    ['binary', Buffer.from([0xff, 0xfe, 0, 1, 2])],
    ['deeply nested lists', nested('[', ']', 20_000)],
    ['deeply nested objects', nested('{"a":', '}', 10_000)],
    ['a deep field', `{"source_url":"x","envvars":${nested('{"abc":', '}', 5000)}}`],
    ['a wrong type of source_url', '{"source_url":7}'],
    ['a list as source_url', '{"source_url":["http://x"]}'],
    ['an unknown field', '{"source_url":"http://x","sorce":1}'],
    ['__proto__', '{"source_url":"http://x","__proto__":{"ref":"x"}}'],
    ['constructor', '{"source_url":"http://x","constructor":{}}'],
    ['a wrong type of ref', '{"source_url":"http://x","ref":1}'],
    ['a ref of 256 characters', JSON.stringify({ source_url: 'http://x', ref: 'r'.repeat(256) })],
    ['envvars as a list', '{"source_url":"http://x","envvars":["A=b"]}'],
    ['a number in envvars', '{"source_url":"http://x","envvars":{"ABC":1}}'],
    ['null in envvars', '{"source_url":"http://x","envvars":{"ABC":null}}'],
    ['a boolean as text', '{"source_url":"http://x","use_latest_versions":"true"}'],
    ['a source_url of 3,000 characters', JSON.stringify({ source_url: `http://x/${'y'.repeat(3000)}` })],
  ])('%s', async (_, body) => expectRefusal(await post(body), 400, 'body_invalid'));

  test.each(['AB', '1AB', 'A-B', 'A B', 'A=B', 'ÄÖÜ', '', 'A\nB', `A${'b'.repeat(256)}`])(
    'a variable called %j',
    async (name) => expectRefusal(await mine.post({ source_url, envvars: { [name]: 'x' } }), 400, 'body_invalid'),
  );

  test('variables that are too large, too many, or hold NUL', async () => {
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
  ])('the image name %j', async (image_name) =>
    expectRefusal(await mine.post({ source_url, image_name }), 400, 'body_invalid'),
  );

  test('an image name over the limit', async () => {
    expectRefusal(await mine.post({ source_url, image_name: 'i'.repeat(129) }), 400, 'body_invalid');
  });

  test.each([
    ['declared', () => 'x'.repeat(3_000_000)],
    ['just over', () => 'x'.repeat(65_537)],
  ])('a huge body, %s', async (_, body) => expectRefusal(await post(body()), 413, 'body_too_large'));

  test('a huge body in chunks that never says its size', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    const chunk = `${(32 * 1024).toString(16)}\r\n${'x'.repeat(32 * 1024)}\r\n`;
    const { status, body } = await sendRaw(
      target.url,
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}`,
      /}$/,
    );
    expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large']);
  });

  test.each([
    ['text/plain', undefined],
    ['multipart/form-data; boundary=x', undefined],
    ['application/json', 'gzip'],
    ['application/jsonx', undefined],
  ])('of type %s, encoded %s', async (type, encoding) => {
    const headers = { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}) };
    expectRefusal(await post('{}', headers), 415, 'media_type_unsupported');
  });

  test.each(['', ' ', 'k'.repeat(256), 'a b', 'ключ'.normalize()])('the Idempotency-Key %j', async (key) => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const lines = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${mine.token}`,
      `Idempotency-Key: ${key}`,
    ];
    const body = JSON.stringify({ source_url });
    const head = [...lines, 'Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close'];
    const answer = await sendRaw(target.url, `${head.join('\r\n')}\r\n\r\n${body}`, /}$/);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'idempotency_key_invalid']);
  });
});

/** Of the function's own server. On a cluster nginx stands before it, and reads HTTP in its own way. */
const describeServer = onCluster ? describe.skip : describe;

describeServer('HTTP itself', () => {
  const health = '/v1/healthz';

  test.each([
    ['absolute form', 'GET http://elsewhere.example/v1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 200],
    ['HTTP/1.0', `GET ${health} HTTP/1.0\r\n\r\n`, 200],
    ['no Host', `GET ${health} HTTP/1.1\r\n\r\n`, 400],
    ['asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['an unknown method', `BREW ${health} HTTP/1.1\r\nHost: x\r\n\r\n`, 400],
    ['an unknown expectation', `GET ${health} HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n`, 417],
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['huge headers', `GET ${health} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    ['two lengths', `POST ${health} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    [
      'length and chunks',
      `POST ${health} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a chunk of nonsense', `POST ${health} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['a bare line feed in a header', `GET ${health} HTTP/1.1\r\nHost: x\nX-Y: z\r\n\r\n`, 400],
    ['dots', 'GET /v1/tool/../healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 200],
    ['two slashes', 'GET //v1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['an address that is none', 'GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    const answer = await sendRaw(target.url, bytes);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toMatch(/ at |node:/);
  });

  test('Expect: 100-continue', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    const bytes = `${head}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const answer = await sendRaw(target.url, bytes, /body_invalid/);
    expect(answer.head + answer.body).toContain('400 Bad Request');
  });

  test('requests that break off leave the service well', async () => {
    const path = new URL(`${mine.base}/builds`).pathname;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine.token}\r\nContent-Type: application/json\r\n`;
    for (const bytes of [
      `${head}Content-Length: 100\r\n\r\n{"a"`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{`,
      'GET /v1 HTT',
      '',
    ])
      await breakOff(target.url, bytes);
    expectShape((await send(`${target.url}/v1/healthz`)).json, 'Health');
  });
});
