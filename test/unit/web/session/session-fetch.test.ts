import { expect, test } from '@jest/globals';
import { createSessionFetch } from '../../../../web/session/session-fetch.ts';

type Scene = { statuses: number[]; stale?: boolean; refresh?: () => Promise<boolean> };

/** Sends a request with a body, and returns what happened in order. The server responds with the statuses in turn. */
const sendIn = async ({ statuses, stale = false, refresh = async () => true }: Scene) => {
  const events: string[] = [];
  const send = createSessionFetch({
    send: async (request) => {
      const status = statuses.shift() ?? 500;
      events.push(`${status} for ${await request.text()}`);
      return new Response(null, { status });
    },
    isStale: () => stale,
    refresh: () => {
      events.push('refresh');
      return refresh();
    },
  });
  const { status } = await send(new Request('https://builds.example.org/', { method: 'POST', body: 'body' }));
  return { status, events };
};

test('a request with a fresh session is sent once', async () => {
  expect(await sendIn({ statuses: [200] })).toEqual({ status: 200, events: ['200 for body'] });
});

test('a request with a session about to expire is sent after a refresh', async () => {
  expect((await sendIn({ statuses: [200], stale: true })).events).toEqual(['refresh', '200 for body']);
});

test('a request that gets 401 is sent once more after a refresh, with its body', async () => {
  const events = ['401 for body', 'refresh', '401 for body'];
  expect(await sendIn({ statuses: [401, 401] })).toEqual({ status: 401, events });
  expect((await sendIn({ statuses: [401, 200] })).status).toBe(200);
});

test.each([
  ['has ended', async () => false],
  ['can not be refreshed', () => Promise.reject(new Error('the issuer is away'))],
])('a request whose session %s gets the response to its only sending', async (_, refresh) => {
  expect(await sendIn({ statuses: [401], refresh })).toEqual({ status: 401, events: ['401 for body', 'refresh'] });
});

test('a request is sent also when the refresh before it fails', async () => {
  const refresh = () => Promise.reject(new Error('the issuer is away'));
  expect((await sendIn({ statuses: [200], stale: true, refresh })).status).toBe(200);
});
