import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import { start } from '../../../../lib/ledger/state.ts';
import { createLedger, type LedgerView } from '../../../../lib/ledger/store.ts';
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

/** Returns a function that starts a build with the given id in a ledger. */
const startOf =
  (id: string) =>
  ({ state, limits: own }: LedgerView) => {
    const build = { id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' };
    return start(state, build, undefined, own, new Date());
  };

test('an unknown tool has an empty ledger, and reading it writes nothing', async () => {
  const ledger = createLedger(cluster.kube(), limits);
  expect(await ledger.read('mine')).toEqual({ state: { running: [], queued: [], finished: [], keys: [] }, limits });
  expect(cluster.requests.every((request) => request.startsWith('GET'))).toBe(true);
});

test('a hundred starts in one process need two writes at most', async () => {
  const ledger = createLedger(cluster.kube(), limits);
  await Promise.all(Array.from({ length: 100 }, (_, at) => ledger.change('mine', startOf(`b${at}`))));
  const { state } = await ledger.read('mine');
  expect([state.running.length, state.queued.length]).toEqual([4, 96]);
  expect(state.queued.map(({ id }) => id)).toEqual(Array.from({ length: 96 }, (_, at) => `b${at + 4}`));
  expect(cluster.requests.filter((request) => request.startsWith('PUT')).length).toBeLessThanOrEqual(2);
});

test('starts in five processes at once are all in the ledger, and never exceed the limit', async () => {
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

test("an administrator's limits override the defaults", async () => {
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
  const found: [string, number, number][] = [];
  await ledger.scan((tool, view) => void found.push([tool, view.limits.running, view.state.queued.length]));
  expect(found).toEqual([['mine', 1, 1]]);
});

test('a change that throws leaves the other changes of its batch intact', async () => {
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

test('a ledger that belongs to another tool is refused', async () => {
  const kube = cluster.kube();
  await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: 'mine' },
    spec: { tool: 'other' },
  });
  await expect(createLedger(kube, limits).change('mine', startOf('a'))).rejects.toThrow('belongs to the tool other');
});

test('an API server that is away gives 503 with a time to retry after', async () => {
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
