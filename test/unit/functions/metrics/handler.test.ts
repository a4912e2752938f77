import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createMetrics } from '../../../../functions/metrics/handler.ts';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createCapacity } from '../../../../lib/capacity/store.ts';
import { createApp } from '../../../../lib/http/app.ts';
import { createLedger } from '../../../../lib/ledger/store.ts';
import type { BuildLedger } from '../../../../lib/ledger/types.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { createOldRun } from '../../../support/builds-api-run.ts';
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

/** Writes a ledger with running builds, each with a run in the status Running. */
const writeRunning = async (builds: number): Promise<void> => {
  const kube = cluster.kube();
  const ids = await Promise.all(
    Array.from({ length: builds }, (_, at) =>
      createOldRun(kube, 'mine', {
        suffix: `${at}`.padStart(5, '0'),
        condition: { status: 'Unknown', reason: 'Running' },
      }),
    ),
  );
  const running = ids.map((id) => ({
    ...{ id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i', message: '', log: 'live' },
    ...{ acceptedAt: '2026-11-28T08:00:00.000Z', status: 'BUILD_PENDING' },
  }));
  const ledger = await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: 'mine' },
    spec: { tool: 'mine' },
  });
  const status = { running, queued: [], finished: [], keys: [] } as unknown as BuildLedger['status'];
  await kube.replaceStatus('buildledgers', { ...ledger, ...(status ? { status } : {}) });
};

test.each([
  [2, 2, 0],
  [101, 0, 1],
])(
  'metrics of %i running builds need %i reads and %i lists of runs, which may be many more',
  async (builds, reads, lists) => {
    await writeRunning(builds);
    cluster.requests.length = 0;
    const text = await (await fetch(`${server.url}/v1/metrics`)).text();
    expect(text).toContain(`toolforge_builds{status="BUILD_RUNNING"} ${builds}`);
    const requests = cluster.requests.filter((request) => request.includes('/pipelineruns'));
    expect(requests.filter((request) => /pipelineruns\/mine-/.test(request))).toHaveLength(reads);
    expect(requests).toHaveLength(reads + lists);
  },
);

test.each([1, 101])('metrics of %i running builds count a run that cannot be read as unknown', async (builds) => {
  await writeRunning(builds);
  const kube = cluster.kube();
  const [run] = (await kube.list<PipelineRun>('pipelineruns')).items;
  const status = { conditions: [null] } as unknown as NonNullable<PipelineRun['status']>;
  await kube.replaceStatus('pipelineruns', { ...(run as PipelineRun), status });
  const text = await (await fetch(`${server.url}/v1/metrics`)).text();
  expect(text).toContain('toolforge_builds{status="BUILD_UNKNOWN"} 1\n');
  expect(text).toContain(`toolforge_builds{status="BUILD_RUNNING"} ${builds - 1}\n`);
});
