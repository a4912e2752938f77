import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StartResponse } from '../../openapi/generated/types.ts';
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
import { sendRaw } from './raw.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

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

describe('paths and queries', () => {
  test.each([
    'UPPER',
    '1digit',
    '-dash',
    'dash-',
    'requests.notthistool',
    'requests%2Fbuilds',
    'requests%0a',
    'requests%20',
    '..%2f..%2fetc',
    '%C3%A9',
    // On a cluster, nginx refuses these two before a function gets the request.
    '%00',
    '%zz',
    `a${'b'.repeat(256)}`,
  ])('with the tool %s are refused', async (tool) => {
    const foreign = await send(`${target.url}/v1/tool/${tool}/quotas`, { token: mine.token });
    expectRefusal(foreign, 403, 'forbidden');
  });

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
    ['a wrong type of ref', '{"source_url":"http://x","ref":1}'],
    ['a ref of 256 characters', JSON.stringify({ source_url: 'http://x', ref: 'r'.repeat(256) })],
    ['envvars as a list', '{"source_url":"http://x","envvars":["A=b"]}'],
    ['a number in envvars', '{"source_url":"http://x","envvars":{"ABC":1}}'],
    ['null as source_url', '{"source_url":null}'],
    ['null in envvars', '{"source_url":"http://x","envvars":{"ABC":null}}'],
    ['a boolean as text', '{"source_url":"http://x","use_latest_versions":"true"}'],
    ['a source_url of 3,000 characters', JSON.stringify({ source_url: `http://x/${'y'.repeat(3000)}` })],
  ])('refuses %s', async (_, body) => expectRefusal(await post(body), 400, 'body_invalid'));

  test.each(['AB', '1AB', 'A-B', 'A B', 'A=B', 'ÄÖÜ', '', 'A\nB', `A${'b'.repeat(256)}`])(
    'refuses a variable with the name %j',
    async (name) => expectRefusal(await mine.post({ source_url, envvars: { [name]: 'x' } }), 400, 'body_invalid'),
  );

  test('keeps variables that are named like keys of every object', async () => {
    const envvars = '{"__proto__":"a","constructor":"b","toString":"c","ABC":"d"}';
    const started = await post(`{"source_url":${JSON.stringify(source_url)},"envvars":${envvars}}`);
    expectStatus(started, 200);
    const { name } = started.json.new_build as { name: string };
    const shown = await mine.call(`/builds/${name}`);
    for (const { text } of [started, shown]) {
      const [found = ''] = /"envvars":\s*(\{[^}]*\})/.exec(text)?.slice(1) ?? [];
      expect(Object.entries(JSON.parse(found)).sort()).toEqual(Object.entries(JSON.parse(envvars)).sort());
    }
    await mine.cancel(name);
  });

  test('takes optional values that are null for absent', async () => {
    const nulls = {
      ref: null,
      envvars: null,
      image_name: null,
      use_latest_versions: null,
      use_deprecated_versions: null,
    };
    const started = await mine.start({ source_url, ...nulls });
    expect(started.parameters).toEqual({
      ...{ source_url, ref: '', envvars: {}, image_name: 'tool-requests' },
      ...{ use_latest_versions: false, use_deprecated_versions: false },
    });
    await mine.remove(started.name);
  });

  test('ignores fields that it does not know, with a warning that names them', async () => {
    const body = `{"source_url":${JSON.stringify(source_url)},"reff":"x","__proto__":{"ref":"x"},"constructor":{}}`;
    const { json: started } = expectStatus(await post(body), 200);
    expectShape(started, 'StartResponse');
    const { messages, new_build } = started as unknown as StartResponse;
    expect(messages.warning).toEqual(
      ['reff', '__proto__', 'constructor'].map((name) => expect.stringContaining(`no field "${name}"`)),
    );
    expect(new_build.parameters.ref).toBe('');
    await mine.remove(new_build.name);
  });

  test('warns of variables that look like secrets, by their names, and starts the build', async () => {
    const envvars = { NODE_ENV: 'production', DB_PASSWORD: 'Tr0ub4dor-9', EXTRA: `ghp_${'aB3dE6gH9'.repeat(4)}` };
    const response = expectStatus(await post(JSON.stringify({ source_url, envvars })), 200);
    const { messages, new_build } = response.json as unknown as StartResponse;
    expect(messages.warning).toEqual([expect.stringContaining('DB_PASSWORD and EXTRA look like secrets')]);
    expect(JSON.stringify(messages)).not.toMatch(/NODE_ENV|Tr0ub4dor|ghp_/);
    expect(new_build.parameters.envvars).toEqual(envvars);
    await mine.remove(new_build.name);
  });

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
  ])('refuses the image name %j', async (name) =>
    expectRefusal(await mine.post({ source_url, image_name: name }), 400, 'body_invalid'),
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
