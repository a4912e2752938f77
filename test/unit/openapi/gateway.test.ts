import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { routes } from '../../../openapi/generated/routes.ts';

const file = join(import.meta.dirname, '../../../knative/gateway/routes.conf');

/**
 * Reads the gateway's map from requests to functions. The first expression that fits a request decides, as in nginx.
 */
const readMap = async () => {
  const rows = (await readFile(file, 'utf8')).matchAll(/^ {2}"~(.+)" ([a-z-]+);$/gm);
  const map = [...rows].map(([, pattern = '', name = '']) => ({ pattern: new RegExp(pattern), name }));
  return (method: string, uri: string) => map.find(({ pattern }) => pattern.test(`${method} ${uri}`))?.name ?? '';
};

const filled = (path: string): string => path.replace(/\{[^}]+\}/g, 'x');

test.each(routes.map(({ method, path, function: name }) => [method, path, name] as const))(
  'the gateway routes %s %s to the function %s',
  async (method, path, name) => {
    const route = await readMap();
    for (const uri of [filled(path), `/builds${filled(path)}`, `${filled(path)}/`, `${filled(path)}?a=b/c`])
      expect(route(method, uri)).toBe(name);
    if (method === 'GET') expect(route('HEAD', filled(path))).toBe(name);
  },
);

test('the gateway keeps an encoded slash in its path segment, and no other slash', async () => {
  const route = await readMap();
  expect(route('GET', '/v1/tool/a%2Fb/builds')).toBe('list-builds');
  expect(route('GET', '/v1/tool/a/b/builds')).toBe('');
});

test.each(['/', '/v1', '/v1/tool//builds', '/v1/tool/a/builds/../..', '/other/v1/healthz', '/v1/healthz/x'])(
  'the gateway has no function for %s',
  async (uri) => {
    expect((await readMap())('GET', uri)).toBe('');
  },
);

test('the gateway routes a method that a path does not have to a function of that path, which answers with the allowed methods', async () => {
  expect((await readMap())('PATCH', '/v1/tool/a/builds')).toBe('list-builds');
});
