import { expect, test } from '@jest/globals';
import { createIssuerFetch } from '../../../../cli/session/issuer-fetch.ts';
import { startServer } from '../../../support/server.ts';

const get = { method: 'GET', headers: {}, body: undefined, redirect: 'manual' } as const;

test('createIssuerFetch gives up an issuer that never completes its response', async () => {
  const drips = new Set<NodeJS.Timeout>();
  const server = await startServer((_request, response) => {
    response.writeHead(200);
    drips.add(setInterval(() => response.write(' '), 5));
  });
  const fetch = createIssuerFetch([], {}, 100);
  await expect(fetch(server.url, get)).rejects.toThrow('does not answer in time');
  for (const drip of drips) clearInterval(drip);
  await server.close();
});

test('createIssuerFetch returns a redirect without following it, and leaves a challenge out', async () => {
  const server = await startServer((_request, response) => {
    const headers = { location: '/other', 'www-authenticate': 'Basic', 'content-type': 'application/json' };
    response.writeHead(302, headers).end('{}');
  });
  const response = await createIssuerFetch([])(server.url, get);
  expect(response.status).toBe(302);
  expect(Object.fromEntries(response.headers)).toEqual({ location: '/other', 'content-type': 'application/json' });
  await server.close();
});
