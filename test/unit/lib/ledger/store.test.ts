import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import { start } from '../../../../lib/ledger/state.ts';
import { createLedger } from '../../../../lib/ledger/store.ts';
import type { BuildLedger, Limits } from '../../../../lib/ledger/types.ts';
import { kubeTo } from '../../../support/kubernetes/client.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startServer } from '../../../support/server.ts';

const limits: Limits = { running: 4, queued: 1000, succeeded: 10, failed: 10 };
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const startOf =
  (id: string) =>
  ({ state, limits: own }: { state: Parameters<typeof start>[0]; limits: Limits }) => {
    const entry = { id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' };
    const changed = start(state, entry, undefined, own, new Date());
    return { state: changed.state, result: changed.result };
  };

test('an unknown tool has an empty ledger, and reading it writes nothing', async () => {
  const ledger = createLedger(cluster.kube(), limits);
  expect(await ledger.read('mine')).toEqual({ state: { running: [], queued: [], finished: [], keys: [] }, limits });
  expect(cluster.requests.every((request) => request.startsWith('GET'))).toBe(true);
});

test('changes of one instance are folded: a hundred starts are a handful of writes', async () => {
  const ledger = createLedger(cluster.kube(), limits);
  await Promise.all(Array.from({ length: 100 }, (_, at) => ledger.change('mine', startOf(`b${at}`))));
  const { state } = await ledger.read('mine');
  expect([state.running.length, state.queued.length]).toEqual([4, 96]);
  expect(state.queued.map(({ id }) => id)).toEqual(Array.from({ length: 96 }, (_, at) => `b${at + 4}`));
  expect(cluster.requests.filter((request) => request.startsWith('PUT')).length).toBeLessThanOrEqual(2);
});

test('five instances at once lose nothing and never pass the limit', async () => {
  const ledgers = Array.from({ length: 5 }, () => createLedger(cluster.kube(), limits));
  await Promise.all(
    ledgers.flatMap((ledger, instance) =>
      Array.from({ length: 10 }, (_, at) => ledger.change('mine', startOf(`i${instance}b${at}`))),
    ),
  );
  const { state } = await createLedger(cluster.kube(), limits).read('mine');
  expect(state.running.length).toBe(4);
  expect(new Set([...state.running, ...state.queued].map(({ id }) => id)).size).toBe(50);
});

test("an administrator's limits hold over the defaults", async () => {
  const kube = cluster.kube();
  await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: 'mine' },
    spec: { tool: 'mine', limits: { running: 1 } },
  });
  const ledger = createLedger(kube, limits);
  await Promise.all([ledger.change('mine', startOf('a')), ledger.change('mine', startOf('b'))]);
  expect((await ledger.read('mine')).state.running.length).toBe(1);
  expect(await ledger.tools()).toEqual(['mine']);
});

test('one change that throws does not hurt those it was folded with', async () => {
  const ledger = createLedger(cluster.kube(), limits);
  const first = ledger.change('mine', startOf('a'));
  const bad = ledger.change('mine', () => {
    throw new ApiError(409, 'build_finished', 'no');
  });
  const good = ledger.change('mine', startOf('b'));
  await expect(bad).rejects.toMatchObject({ code: 'build_finished' });
  await Promise.all([first, good]);
  expect((await ledger.read('mine')).state.running.length).toBe(2);
});

test('a ledger of that name that belongs to another tool is not touched', async () => {
  const kube = cluster.kube();
  await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: 'mine' },
    spec: { tool: 'other' },
  });
  await expect(createLedger(kube, limits).change('mine', startOf('a'))).rejects.toThrow('belongs to the tool other');
});

test('an API server that is away is 503, to be asked again', async () => {
  const away = await startServer((_, res) => res.writeHead(500).end('{}'));
  const kube = kubeTo(away.url, { attempts: 2, timeoutMs: 2000 });
  await expect(createLedger(kube, limits).change('mine', startOf('a'))).rejects.toMatchObject({
    status: 503,
    code: 'unavailable',
    retryAfter: 5,
  });
  kube.close();
  await away.close();
});
