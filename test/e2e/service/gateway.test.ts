import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openIssuer, toolToken } from '../../../local/issuer.ts';
import { siteFolder, testIssuer } from '../../../scripts/test-overlay.ts';
import { type Gateway, openGateway } from './gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const list = '/builds/v1/tool/somebody/builds';

test('a tool is who its certificate says', async () => {
  const client = await gateway.client('somebody');
  expect((await client.call('GET', list)).json).toMatchObject({ builds: [] });
  expect(await client.call('GET', '/builds/v1/tool/other/builds')).toMatchObject({
    status: 403,
    json: { code: 'forbidden' },
  });
});

test.each([['with no certificate', undefined] as const, ['with the certificate of a stranger', 'somebody'] as const])(
  'a caller %s is refused',
  async (_, tool) => {
    const client = tool ? await gateway.stranger(tool) : await gateway.client(undefined);
    expect(await client.call('GET', list)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  },
);

test('what a client says it is counts for nothing', async () => {
  const headers = { 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'guess' };
  const client = await gateway.client('somebody');
  expect((await client.call('GET', list, { headers })).status).toBe(200);
  expect((await client.call('GET', '/builds/v1/tool/other/builds', { headers })).status).toBe(403);
  const unknown = await gateway.client(undefined);
  const answer = await unknown.call('GET', list, { headers: { ...headers, authorization: 'Bearer a.b.c' } });
  expect(answer).toMatchObject({ status: 401, json: { code: 'token_invalid' } });
});

test('unknown paths and methods have their codes', async () => {
  const client = await gateway.client('somebody');
  expect(await client.call('GET', '/builds/v1/nothing')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  expect(await client.call('GET', '/builds/v1/../v1/healthz')).toMatchObject({ status: 404 });
  const wrong = await client.call('PATCH', list);
  expect(wrong).toMatchObject({ status: 405, json: { code: 'method_not_allowed' }, headers: { allow: 'GET, POST' } });
});

test('healthz and the contract are open to all', async () => {
  const client = await gateway.client(undefined);
  expect((await client.call('GET', '/builds/v1/healthz')).json).toMatchObject({ status: 'OK' });
  expect((await client.call('GET', '/openapi.json')).json).toMatchObject({ openapi: expect.stringMatching(/^3/) });
});

test('a token of a trusted issuer is as good as a certificate', async () => {
  const issuer = await openIssuer(join(siteFolder, 'issuer.json'), testIssuer);
  const headers = { authorization: `Bearer ${await toolToken(issuer, 'somebody')}` };
  const client = await gateway.client(undefined);
  expect((await client.call('GET', list, { headers })).status).toBe(200);
  expect((await client.call('GET', '/builds/v1/tool/other/builds', { headers })).status).toBe(403);
});

test.each(['/builds/v1/tool/%00/builds', '/builds/v1/tool/%/builds'])('%s is refused with a code', async (path) => {
  const client = await gateway.client('somebody');
  expect(await client.call('GET', path)).toMatchObject({ status: 400, json: { code: expect.any(String) } });
});

test('a body that is too large is refused with a code', async () => {
  const client = await gateway.client('somebody');
  const body = { source_url: 'x'.repeat(2 * 1024 * 1024) };
  expect(await client.call('POST', list, { body })).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
});
