import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createMetrics } from '../../../../functions/metrics/handler.ts';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createCapacity } from '../../../../lib/capacity/store.ts';
import { createApp } from '../../../../lib/http/app.ts';
import { createLedger } from '../../../../lib/ledger/store.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const clients = 20;

let cluster: TestCluster;
let server: TestServer;
let allArrived: PromiseWithResolvers<void>;

beforeEach(async () => {
  allArrived = Promise.withResolvers();
  let arrived = 0;
  cluster = await startCluster();
  const kube = cluster.kube();
  const metrics = createMetrics({
    kube,
    ledger: createLedger(kube, { running: 1, queued: 1, succeeded: 1, failed: 1 }),
    capacity: createCapacity(kube, { slots: undefined }),
    mayReadTools: async () => {
      arrived += 1;
      if (arrived === clients) setImmediate(allArrived.resolve);
      return false;
    },
    now: () => new Date(),
  });
  const app = { handlers: { metrics }, authenticate: createAuthenticate([]), log: () => undefined };
  server = await startServer(createApp(app));
});
afterEach(async () => {
  await server.close();
  await cluster.close();
});

test('metrics that are requested at once are computed from one reading of the ledgers', async () => {
  cluster.failAll((_, __, pass) => void allArrived.promise.then(pass));
  const responses = Array.from({ length: clients }, () => fetch(`${server.url}/v1/metrics`));
  const texts = await Promise.all((await Promise.all(responses)).map((response) => response.text()));
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain('toolforge_builds_running 0');
  expect(cluster.requests.filter((request) => request.includes('buildledgers'))).toHaveLength(1);
});
