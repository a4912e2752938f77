import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openIssuer, toolToken } from '../../../local/issuer.ts';
import { siteFolder, testIssuer } from '../../../scripts/test-site.ts';
import { type Gateway, openGateway } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const list = '/builds/v1/tool/somebody/builds';

test('the certificate decides which tool a caller is', async () => {
  const client = await gateway.client('somebody');
  expect((await client.call('GET', list)).json).toMatchObject({ builds: [] });
  expect(await client.call('GET', '/builds/v1/tool/other/builds')).toMatchObject({
    status: 403,
    json: { code: 'forbidden' },
  });
});

test.each([
  ['with no certificate', undefined] as const,
  ['with a certificate of another authority', 'somebody'] as const,
])('the gateway refuses a caller %s', async (_, tool) => {
  const client = tool ? await gateway.stranger(tool) : await gateway.client(undefined);
  expect(await client.call('GET', list)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
});

test("the gateway ignores a client's own identity headers", async () => {
  const headers = { 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'guess' };
  const client = await gateway.client('somebody');
  expect((await client.call('GET', list, { headers })).status).toBe(200);
  expect((await client.call('GET', '/builds/v1/tool/other/builds', { headers })).status).toBe(403);
  const unknown = await gateway.client(undefined);
  const response = await unknown.call('GET', list, { headers: { ...headers, authorization: 'Bearer a.b.c' } });
  expect(response).toMatchObject({ status: 401, json: { code: 'token_invalid' } });
});

test('unknown paths get not_found, and unknown methods get method_not_allowed', async () => {
  const client = await gateway.client('somebody');
  expect(await client.call('GET', '/builds/v1/nothing')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  expect(await client.call('GET', '/builds/v1/../v1/healthz')).toMatchObject({ status: 404 });
  expect(await client.call('TRACE', list)).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
  const wrong = await client.call('PATCH', list);
  expect(wrong).toMatchObject({ status: 405, json: { code: 'method_not_allowed' }, headers: { allow: 'GET, POST' } });
});

test('healthz and the contract need no credential', async () => {
  const client = await gateway.client(undefined);
  expect((await client.call('GET', '/builds/v1/healthz')).json).toMatchObject({ status: 'OK' });
  expect((await client.call('GET', '/openapi.json')).json).toMatchObject({ openapi: expect.stringMatching(/^3/) });
});

test('a token of a trusted issuer is accepted without a certificate', async () => {
  const issuer = await openIssuer(join(siteFolder, 'issuer.json'), testIssuer);
  const headers = { authorization: `Bearer ${await toolToken(issuer, 'somebody')}` };
  const client = await gateway.client(undefined);
  expect((await client.call('GET', list, { headers })).status).toBe(200);
  expect((await client.call('GET', '/builds/v1/tool/other/builds', { headers })).status).toBe(403);
});

test.each(['/builds/v1/tool/%00/builds', '/builds/v1/tool/%/builds', '/builds/v1/tool/%2e%2e/builds'])(
  'the path %s, which no tool has, gets 403',
  async (path) => {
    const client = await gateway.client('somebody');
    expect(await client.call('GET', path)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  },
);

test('a body over the limit gets body_too_large', async () => {
  const client = await gateway.client('somebody');
  const body = { source_url: 'x'.repeat(2 * 1024 * 1024) };
  expect(await client.call('POST', list, { body })).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
});
