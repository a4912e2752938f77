import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiPage } from '../../../local/api-page.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer(apiPage);
});
afterAll(() => server.close());

const get = (path: string, method = 'GET') => fetch(`${server.url}${path}`, { method, redirect: 'manual' });

test('every file that the page names is served with its type, and none is of another host', async () => {
  const html = await (await get('/docs/')).text();
  const named = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
  expect(named).toHaveLength(4);
  const types = { js: /^text\/javascript/, css: /^text\/css/, png: /^image\/png$/ };
  for (const path of named) {
    expect(path).toMatch(/^[\w.-]+$/);
    const { status, headers } = await get(`/docs/${path}`);
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(headers.get('content-type')).toMatch(types[path.split('.').at(-1) as keyof typeof types]);
  }
});

test('the page runs no script in its text, and its policy allows nothing of another host', async () => {
  const response = await get('/docs/');
  expect(await response.text()).not.toMatch(/<style|<script>|\son\w+=|\sstyle=|https?:/);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('the script of the page asks no other host whether the contract is valid', async () => {
  const text = await (await get('/docs/page.js')).text();
  expect(text).toContain('validatorUrl: null');
  expect(text).not.toMatch(/https?:/);
});

test('the page without its last slash leads to the page, and HEAD gets no body', async () => {
  const moved = await get('/docs');
  expect([moved.status, moved.headers.get('location')]).toEqual([308, '/docs/']);
  const head = await get('/docs/', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test.each([
  ['GET', '/docs/package.json'],
  ['GET', '/docs/../package.json'],
  ['GET', '/docs/%2e%2e/package.json'],
  ['GET', '/docs/constructor'],
  ['GET', '/docs/swagger-ui.css/'],
  ['GET', '/docsx'],
  ['POST', '/docs/'],
])('%s %s gets 404, because it is no file of the page', async (method, path) =>
  expect((await get(path, method)).status).toBe(404),
);
