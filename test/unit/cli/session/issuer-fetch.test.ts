import { expect, test } from '@jest/globals';
import { createIssuerFetch } from '../../../../cli/session/issuer-fetch.ts';
import { startProxy } from '../../../support/proxy.ts';
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

test.each(['http', 'https'])(
  'createIssuerFetch says what to do when the proxy to an %s issuer wants a password',
  async (scheme) => {
    const proxy = await startProxy({ account: 'ada:p4ss' });
    const variable = scheme === 'http' ? 'http_proxy' : 'HTTPS_PROXY';
    const fetch = createIssuerFetch([], { [variable]: `http://ada:wr0ng@127.0.0.1:${proxy.port}` });
    await expect(fetch(`${scheme}://issuer.example.test/token`, get)).rejects.toMatchObject({
      message: `The proxy http://127.0.0.1:${proxy.port} of ${variable} wants a valid user name and password: ${variable}=http://USER:PASSWORD@HOST:PORT.`,
      hint: `Check ${variable}, or list issuer.example.test in NO_PROXY if the proxy is not needed to reach it.`,
    });
    await proxy.close();
  },
);

test('createIssuerFetch passes on the status 407 of an issuer that no proxy is used for', async () => {
  const server = await startServer((_request, response) => void response.writeHead(407).end());
  const response = await createIssuerFetch([], { http_proxy: 'http://127.0.0.1:1', NO_PROXY: '*' })(server.url, get);
  expect(response.status).toBe(407);
  await server.close();
});
