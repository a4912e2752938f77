import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { otherSpellings } from '../support/auth/spellings.ts';
import { type Caller, expectCleanLog, expectRefusal, expectStatus, forTool, send } from './client.ts';
import { sendRaw } from './raw.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'credentials');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

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
    ['expired', () => target.token({ groups: ['tools.credentials'] }, '-5m')],
    ['for another audience', () => target.token({ groups: ['tools.credentials'], aud: 'jobs-api' })],
    ['for an event function', () => target.token({ groups: ['tools.credentials'], aud: 'finish-build' })],
    ['of another issuer', () => target.token({ groups: ['tools.credentials'], iss: 'https://evil.example' })],
    ['without a signature', async () => (await target.tokenFor('credentials')).replace(/\.[^.]*$/, '.')],
    ['with a broken signature', async () => (await target.tokenFor('credentials')).replace(/.{6}$/, 'AAAAAA')],
    [
      'with alg none',
      async () => {
        const iss = JSON.parse(
          Buffer.from((await target.tokenFor('x')).split('.')[1] ?? '', 'base64url').toString(),
        ).iss;
        const claims = { iss, aud: 'builds-api', sub: 'x', exp: now() + 600, groups: ['tools.credentials'] };
        return `${encode({ alg: 'none' })}.${encode(claims)}.`;
      },
    ],
    ['whose claims are a list', async () => `${encode({ alg: 'ES256' })}.${encode([])}.AAAA`],
    ['that is not a JWT', async () => 'hello'],
    ['of 9,000 characters', async () => 'a'.repeat(9000)],
    ['that is not valid yet', async () => target.token({ groups: ['tools.credentials'], nbf: now() + 3600 })],
  ])('refuses a token %s', async (_, token) => expectRefusal(await quota(await token()), 401, 'token_invalid'));

  test('refuses every other spelling of a token', async () => {
    for (const spelling of Object.values(otherSpellings(mine.token)))
      expectRefusal(await quota(undefined, { authorization: `Bearer ${spelling}` }), 401, 'token_invalid');
    expectRefusal(await quota(undefined, { authorization: `Bearer  ${mine.token}` }), 401, 'token_invalid');
    expectStatus(await quota(mine.token), 200);
  });

  test.each([['Basic eDp5'], ['Bearer'], ['Bearer a b'], ['Bearer  ']])(
    'refuses the header "Authorization: %s"',
    async (authorization) => expectRefusal(await quota(undefined, { authorization }), 401, 'token_invalid'),
  );

  test.each<[string, unknown]>([
    ['no groups', undefined],
    ['an empty group', ['tools.']],
    ['another tool', ['tools.credentials2']],
    ['a prefix of the name', ['tools.credential']],
    ['a group without the prefix', ['credentials']],
    ['groups that are no texts', [{ tools: 'credentials' }, null, 7]],
  ])('refuses a token with %s for this tool', async (_, groups) =>
    expectRefusal(await quota(await target.token(groups === undefined ? {} : { groups })), 403, 'forbidden'),
  );

  test("ignores the gateway's header without its secret", async () =>
    expectRefusal(await quota(undefined, { 'x-toolforge-tool': 'credentials' }), ...target.withoutCredential));

  test("refuses the gateway's header with a wrong secret, also beside a valid token", async () => {
    const headers = { 'x-toolforge-tool': 'credentials', 'x-toolforge-gateway-secret': 'guess' };
    // On a cluster, the gateway removes the headers.
    const refused = onCluster ? target.withoutCredential : ([401, 'token_invalid'] as const);
    expectRefusal(await quota(undefined, headers), ...refused);
    expectStatus(await quota(mine.token, headers), onCluster ? 200 : 401);
  });

  test('refuses two Authorization headers', async () => {
    const foreign = await target.tokenFor('other');
    const lines = [foreign, mine.token].map((token) => `Authorization: Bearer ${token}\r\n`).join('');
    const path = new URL(`${mine.base}/quotas`).pathname;
    const bytes = `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}Connection: close\r\n\r\n`;
    expectStatus(await sendRaw(target.url, bytes), 400);
  });

  test('comes before validation, so that a caller without a credential learns nothing', async () => {
    for (const path of ['/v1/tool/no..such/builds', '/v1/tool/x/builds/%2F', '/v1/tool/x/builds?follow=2'])
      expectRefusal(await send(`${target.url}${path}`), ...target.withoutCredential);
  });
});
