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

test('the routes of the Gateway API remove what a client must not tell Knative, within the limit of 16 headers', () => {
  const operation = { id: 'quota', method: 'GET', path: '/v1/tool/{toolname}/quotas', fn: 'quota' };
  const [route] = httpRoutes([operation as Parameters<typeof httpRoutes>[0][number]], 'image-build') as {
    spec: { rules: { filters: { requestHeaderModifier?: { set: { name: string }[]; remove: string[] } }[] }[] };
  }[];
  const { set, remove } = route?.spec.rules[0]?.filters[0]?.requestHeaderModifier ?? { set: [], remove: [] };
  expect(remove.length).toBeLessThanOrEqual(16);
  expect(remove).toEqual(expect.arrayContaining(['K-Network-Probe', 'K-Kubelet-Probe', 'X-Toolforge-Tool']));
  expect(set.map(({ name }) => name)).toEqual(['User-Agent']);
});
