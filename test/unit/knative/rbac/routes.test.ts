import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { routes } from '../../../../openapi/generated/routes.ts';

const file = join(import.meta.dirname, '../../../../knative/gateway/routes.conf');

/** The map as nginx reads it: the first expression that fits decides. */
const readMap = async () => {
  const rows = (await readFile(file, 'utf8')).matchAll(/^ {2}"~(.+)" ([a-z-]+);$/gm);
  const map = [...rows].map(([, pattern = '', name = '']) => ({ pattern: new RegExp(pattern), name }));
  return (method: string, uri: string) => map.find(({ pattern }) => pattern.test(`${method} ${uri}`))?.name ?? '';
};

const filled = (path: string): string => path.replace(/\{[^}]+\}/g, 'x');

test.each(routes.map(({ method, path, function: name }) => [method, path, name] as const))(
  '%s %s goes to %s',
  async (method, path, name) => {
    const route = await readMap();
    for (const uri of [filled(path), `/builds${filled(path)}`, `${filled(path)}/`, `${filled(path)}?a=b/c`])
      expect(route(method, uri)).toBe(name);
    if (method === 'GET') expect(route('HEAD', filled(path))).toBe(name);
  },
);

test('a slash that is encoded stays in its segment, others do not', async () => {
  const route = await readMap();
  expect(route('GET', '/v1/tool/a%2Fb/builds')).toBe('list-builds');
  expect(route('GET', '/v1/tool/a/b/builds')).toBe('');
});

test.each(['/', '/v1', '/v1/tool//builds', '/v1/tool/a/builds/../..', '/other/v1/healthz', '/v1/healthz/x'])(
  'nothing is at %s',
  async (uri) => {
    expect((await readMap())('GET', uri)).toBe('');
  },
);

test('another method goes where it is told which there are', async () => {
  expect((await readMap())('PATCH', '/v1/tool/a/builds')).toBe('list-builds');
});
