import { expect, test } from '@jest/globals';
import { httpRoutes } from '../../../openapi/gateway.ts';
import { routes } from '../../../openapi/generated/routes.ts';
import { readGatewayRoutes } from '../../support/gateway-routes.ts';

const filled = (path: string): string => path.replace(/\{[^}]+\}/g, 'x');

test.each(routes.map(({ method, path, function: name }) => [method, path, name] as const))(
  'the gateway routes %s %s to the function %s',
  async (method, path, name) => {
    const route = await readGatewayRoutes();
    for (const uri of [filled(path), `/builds${filled(path)}`, `${filled(path)}/`, `${filled(path)}?a=b/c`])
      expect(route(method, uri)).toBe(name);
    if (method === 'GET') expect(route('HEAD', filled(path))).toBe(name);
  },
);

test('the gateway keeps an encoded slash in its path segment, and no other slash', async () => {
  const route = await readGatewayRoutes();
  expect(route('GET', '/v1/tool/a%2Fb/builds')).toBe('list-builds');
  expect(route('GET', '/v1/tool/a/b/builds')).toBe('');
});

test.each(['/', '/v1', '/v1/tool//builds', '/v1/tool/a/builds/../..', '/other/v1/healthz', '/v1/healthz/x'])(
  'the gateway has no function for %s',
  async (uri) => {
    expect((await readGatewayRoutes())('GET', uri)).toBe('');
  },
);

test('the gateway routes a method that a path does not have to a function of that path, which answers with the allowed methods', async () => {
  expect((await readGatewayRoutes())('PATCH', '/v1/tool/a/builds')).toBe('list-builds');
});

test('the routes of the Gateway API match the paths of an operation, with and without /builds', () => {
  const operation = { id: 'list', method: 'GET', path: '/v1/tool/{toolname}/builds', fn: 'list-builds' };
  const [route] = httpRoutes([operation as Parameters<typeof httpRoutes>[0][number]]);
  expect(route).toMatchObject({ name: 'list', method: 'GET', function: 'list-builds' });
  const path = new RegExp(`^${route?.path}$`);
  expect(
    ['/v1/tool/a/builds', '/builds/v1/tool/a/builds/', '/v1/tool/a/b/builds'].map((one) => path.test(one)),
  ).toEqual([...[true, true, false]]);
});
