import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Nginx, nginxFolder, startNginx } from './nginx.ts';

const describeNginx = nginxFolder ? describe : describe.skip;

describeNginx("the gateway's way to the page", () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx.close());

  const sessionCookie = (nonce: string) => `theme=dark; __Host-builds-session=eyJh..${nonce}.content.tag`;

  test('passes a request with a session of the page on, and refuses one without', async () => {
    const path = '/builds/v1/tool/mytool/builds';
    expect((await nginx.send({ path, headers: { cookie: sessionCookie('A'.repeat(16)) } })).status).toBe(200);
    for (const cookie of ['', 'theme=dark', sessionCookie('short'), `builds-session=eyJh..${'A'.repeat(16)}.x.y`])
      expect((await nginx.send({ path, headers: { cookie } })).status).toBe(403);
  });

  const refreshCookies = '__Secure-builds-refresh=a; __Secure-builds-refresh-1=b';

  test.each([
    [`${refreshCookies}; theme=dark`, 'theme=dark'],
    [`theme=builds-refresh; ${refreshCookies}; x=y`, 'theme=builds-refresh; x=y'],
    [`builds-refresh=a; x=y; ${refreshCookies}; y=z;__Host-builds-refresh`, 'x=y; y=z'],
    [`x=y; ${refreshCookies}`, 'x=y'],
    ['x=1; y; ; z=2', 'x=1; y; ; z=2'],
    [Array.from({ length: 4 }, (_, at) => `builds-refresh=a; x${at}=y`).join('; '), undefined],
  ])('passes of the cookies %s only %s on to a function of the API', async (others, passed) => {
    const session = sessionCookie('A'.repeat(16));
    const headersOf = (cookie: string) => ({ path: '/builds/v1/tool/mytool/builds', headers: { cookie } });
    const certificate = await nginx.certificateOf('mytool');
    const { received } = await nginx.send({ ...headersOf(others), certificate });
    expect(received.cookie?.replace(/^; /, '')).toBe(passed);
    const beside = await nginx.send(headersOf(`${session}; ${others}`));
    expect(beside.received.cookie).toBe(passed && `${session}; ${passed}`);
  });

  test('passes no cookie on to a function of the API when all are of the refresh token', async () => {
    const certificate = await nginx.certificateOf('mytool');
    const path = '/builds/v1/tool/mytool/builds';
    const { received } = await nginx.send({ path, certificate, headers: { cookie: refreshCookies } });
    expect(received).not.toHaveProperty('cookie');
  });

  test('passes the cookies of the refresh token on to the page', async () => {
    const { received } = await nginx.send({ path: '/builds/ui/session', headers: { cookie: refreshCookies } });
    expect(received.cookie).toBe(refreshCookies);
  });

  test.each([
    '/builds/ui',
    '/builds/ui/',
    '/builds/ui/tools/mytool',
    '/ui/assets/index-Ab12.js',
    '/builds/ui/session?x=y',
  ])('passes %s to the page, without a credential', async (path) => {
    const { status, received } = await nginx.send({ path });
    expect([status, received.host]).toEqual([200, expect.stringMatching(/^web\./)]);
  });

  test.each(['/builds/uix', '/builds/ui2/', '/builds/v1/ui/', '/x/ui/'])(
    'does not pass %s to the page',
    async (path) => {
      expect((await nginx.send({ path })).status).toBe(404);
    },
  );
});
