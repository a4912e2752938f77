import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHealthz } from '../../../../functions/healthz/handler.ts';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createApp } from '../../../../lib/http/app.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { closeConnection, type Fault, respondWith, stall } from '../../../support/kubernetes/faults.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

let cluster: TestCluster;
let server: TestServer;
const logged: unknown[][] = [];

beforeEach(async () => {
  cluster = await startCluster();
  logged.length = 0;
  const log = (...line: unknown[]) => void logged.push(line);
  const handlers = { healthcheck: createHealthz({ kube: cluster.kube(), log }) };
  server = await startServer(createApp({ handlers, authenticate: createAuthenticate([]), log }));
});
afterEach(async () => {
  await server.close();
  await cluster.close();
});

const check = async (): Promise<[number, unknown]> => {
  const response = await fetch(`${server.url}/v1/healthz`);
  return [response.status, await response.json()];
};

test('healthz responds with 200 while the namespace of the builds is within reach', async () => {
  expect(await check()).toEqual([200, { status: 'OK', messages: { info: [], warning: [], error: [] } }]);
  expect(logged).toEqual([]);
});

const refusal = (status: number, reason: string): Fault =>
  respondWith(status, JSON.stringify({ kind: 'Status', reason, message: 'internal words' }));

test.each<[string, Fault, RegExp]>([
  ['does not exist', refusal(404, 'NotFound'), /does not exist/],
  ['may not be read', refusal(403, 'Forbidden'), /healthz may not read the namespace .* Apply its Role/],
  ['is shown to nobody without a token', refusal(401, 'Unauthorized'), /does not accept the token .* ServiceAccount/],
  ['is refused for another reason', refusal(410, 'Gone'), /refuses to show .*410 Gone/],
  ['is being deleted', respondWith(200, '{"metadata":{"name":"x"},"status":{"phase":"Terminating"}}'), /being deleted/],
  ['is behind a broken connection', closeConnection, /does not respond/],
  ['is behind a failing API server', refusal(500, 'InternalError'), /does not respond/],
  ['is behind a server that sends no JSON', respondWith(200, '<html>'), /does not respond/],
  ['is behind a server that never responds', stall, /does not respond/],
])('healthz responds with 500 and the reason in messages.info when the namespace %s', async (_, fault, reason) => {
  cluster.failAll(fault);
  expect(await check()).toEqual([
    500,
    { status: 'ERROR', messages: { info: [expect.stringMatching(reason)], warning: [], error: [] } },
  ]);
});

test('healthz responds with 200 again once the namespace is within reach', async () => {
  cluster.failAll(refusal(403, 'Forbidden'));
  expect((await check())[0]).toBe(500);
  expect(logged).toMatchObject([
    ['WARNING', 'the namespace of the builds is out of reach', { namespace: expect.any(String) }],
  ]);
  cluster.failAll(undefined);
  expect((await check())[0]).toBe(200);
});
