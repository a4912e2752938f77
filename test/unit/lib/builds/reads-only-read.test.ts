import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGetBuild, createGetLatestBuild } from '../../../../functions/get-build/handler.ts';
import { createGetLogs } from '../../../../functions/get-logs/handler.ts';
import { createListBuilds } from '../../../../functions/list-builds/handler.ts';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../../lib/auth/gateway.ts';
import type { ShowContext } from '../../../../lib/builds/context.ts';
import { createCapacity } from '../../../../lib/capacity/store.ts';
import type { Claim } from '../../../../lib/capacity/types.ts';
import { createApp } from '../../../../lib/http/app.ts';
import type { Kube } from '../../../../lib/kube/client.ts';
import { createLedger } from '../../../../lib/ledger/store.ts';
import type { BuildLedger, BuildRecord, LedgerState } from '../../../../lib/ledger/types.ts';
import { emptyIndex, indexKey } from '../../../../lib/logs/archive/archive-index.ts';
import { createSecretFinder } from '../../../../lib/logs/masking/secret-finder.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { pipelineRun } from '../../../../lib/tekton/run.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import type { Build } from '../../../../openapi/generated/types.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const limits = { running: 4, queued: 10, succeeded: 10, failed: 10 };
const longAgo = '2026-11-22T08:00:00.000Z';
let cluster: TestCluster;
let server: TestServer;
let reports: [tool: string, build: string | undefined][];
let archivers: [tool: string, build: string][];
let written: string[];

beforeEach(async () => {
  cluster = await startCluster();
  reports = [];
  archivers = [];
  written = [];
});
afterEach(async () => {
  await server.close();
  await cluster.close();
});

const refuse = (what: string) => async (): Promise<never> => {
  written.push(what);
  throw new Error(`a function that only reads must not call ${what}`);
};

const unwritableKube = (kube: Kube): Kube => ({
  ...kube,
  create: refuse('create'),
  replace: refuse('replace'),
  replaceStatus: refuse('replaceStatus'),
  patch: refuse('patch'),
  remove: refuse('remove'),
});

const unwritableStore = (objects: Map<string, string>): ObjectStore => ({
  get: async (key) => {
    const text = objects.get(key);
    return text === undefined ? undefined : Buffer.from(text);
  },
  list: async function* () {
    yield* objects.keys();
  },
  put: refuse('put'),
  remove: refuse('remove'),
});

/** Serves the functions that must only read. Their Kubernetes API and object store refuse every write. */
const serveReads = async (objects = new Map<string, string>(), slots?: number): Promise<void> => {
  const kube = unwritableKube(cluster.kube());
  const capacity = createCapacity(kube, { slots });
  const context: ShowContext = {
    kube,
    versions: { default: { builder: 'b', runner: 'r' } },
    capacity,
    ledger: createLedger(kube, limits, { capacity }),
    buildsApiRuns: 'ignore',
    log: () => undefined,
    failureExcerpt: () => '',
    now: () => new Date(),
    reportBehind: (tool, build) => void reports.push([tool, build]),
    requestArchiver: (tool, build) => void archivers.push([tool, build]),
  };
  const logs = { store: unwritableStore(objects), allowedSteps: ['build'], findSecrets: createSecretFinder([]) };
  const shutdown = new AbortController().signal;
  const handlers = {
    list: createListBuilds(context),
    get: createGetBuild(context),
    latest: createGetLatestBuild(context),
    logs: createGetLogs({ ...context, ...logs, selfCloseMs: 60_000, shutdown }),
  };
  const authenticate = createAuthenticate([createGatewayCheck(fixedSecret('s3cret'))]);
  server = await startServer(createApp({ handlers, authenticate, log: () => undefined }));
};

const read = async (path: string): Promise<string> => {
  const headers = { 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 's3cret' };
  const response = await fetch(`${server.url}/v1/tool/mine/builds${path}`, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`);
  return text;
};

const listed = async (): Promise<Build[]> => JSON.parse(await read('')).builds;

const record = (id: string, more: Partial<BuildRecord> = {}): BuildRecord => ({
  id,
  parameters: { source_url: 'https://example.org/r.git' },
  sourceUrl: 'https://example.org/r.git',
  commit: '0'.repeat(40),
  image: 'registry.example/tool/tool:latest',
  acceptedAt: longAgo,
  status: 'BUILD_PENDING',
  message: '',
  log: 'live',
  ...more,
});

const running = (id: string, more: Partial<BuildRecord> = {}) => record(id, { startedAt: longAgo, ...more });

const writeLedger = async (state: Partial<LedgerState>): Promise<void> => {
  const kube = cluster.kube();
  const ledger = await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: 'mine' },
    spec: { tool: 'mine' },
  });
  const status = { running: [], queued: [], finished: [], keys: [], ...state };
  await kube.replaceStatus('buildledgers', { ...ledger, status });
};

const writeCapacity = async (claims: Claim[]): Promise<void> => {
  const kube = cluster.kube();
  const apiVersion = 'builds.toolforge.org/v1alpha1';
  const capacity = await kube.create('buildcapacities', {
    apiVersion,
    kind: 'BuildCapacity',
    metadata: { name: 'builds' },
  });
  const status = { claims, waiting: [], counts: { mended: {}, deadLetters: 0 } };
  await kube.replaceStatus('buildcapacities', { ...capacity, status } as typeof capacity);
};

const runSettings = {
  pipeline: 'p',
  versions: { default: { builder: 'b', runner: 'r' } },
  imageHost: 'registry.example',
  serviceAccount: 's',
  timeout: '1h0m0s',
};

const createRun = async (id: string, reason: 'Running' | 'Succeeded'): Promise<void> => {
  const kube = cluster.kube();
  const run = await kube.create<PipelineRun>(
    'pipelineruns',
    pipelineRun(record(id), 'mine', 'mine', runSettings, false),
  );
  const status = reason === 'Running' ? 'Unknown' : 'True';
  const condition = { type: 'Succeeded', status, reason } as const;
  await kube.replaceStatus('pipelineruns', { ...run, status: { conditions: [condition], startTime: longAgo } });
};

test('reads show a ledger that is behind in every way as a reconcile would leave it, and write nothing', async () => {
  const cancelled = running('cancelled', { cancelledAt: longAgo });
  const queued = [record('next'), record('last')];
  await writeLedger({ running: [running('ended'), running('without-run'), cancelled, running('deleted')], queued });
  for (const id of ['cancelled', 'deleted']) await createRun(id, 'Running');
  await createRun('ended', 'Succeeded');
  await cluster.kube().remove('pipelineruns', 'deleted');
  const place = { store: unwritableStore(new Map()), tool: 'mine', id: 'ended' };
  const index = { ...emptyIndex(), state: 'complete' };
  await serveReads(new Map([[indexKey(place), JSON.stringify(index)]]), 10);

  cluster.requests.length = 0;
  const builds = await listed();
  const shown = builds.map(({ build_id, status, message, queue_position }) => [
    build_id,
    status,
    message.replace(/^Waits.*/, 'Waits'),
    queue_position,
  ]);
  expect(shown.sort()).toEqual([
    ['cancelled', 'BUILD_RUNNING', 'The build is being cancelled.', undefined],
    ['deleted', 'BUILD_RUNNING', 'The build is being cancelled.', undefined],
    ['ended', 'BUILD_SUCCESS', 'The build succeeded.', undefined],
    ['last', 'BUILD_PENDING', 'Waits', 1],
    ['next', 'BUILD_PENDING', '', undefined],
    ['without-run', 'BUILD_PENDING', '', undefined],
  ]);
  expect(JSON.parse(await read('/ended')).build).toMatchObject({ status: 'BUILD_SUCCESS', log: 'live' });
  await read('/latest');
  expect(await read('/ended/logs?format=ndjson&follow=true')).toContain('"status":"BUILD_SUCCESS","log":"complete"');
  for (const id of ['cancelled', 'deleted', 'without-run', 'next', 'last'])
    expect(await read(`/${id}/logs?format=ndjson`)).toContain('"log":"live"');

  expect(written).toEqual([]);
  expect(cluster.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  expect(new Set(reports.map(([tool]) => tool))).toEqual(new Set(['mine']));
});

describe('a read reports that the ledger is behind', () => {
  const reportsOfList = async (): Promise<typeof reports> => {
    await serveReads();
    await listed();
    return reports;
  };

  test('when the run of a running build has ended', async () => {
    await writeLedger({ running: [running('ended')] });
    await createRun('ended', 'Succeeded');
    expect(await reportsOfList()).toEqual([['mine', 'ended']]);
  });

  test('when a running build has no run', async () => {
    await writeLedger({ running: [running('without-run')] });
    expect(await reportsOfList()).toEqual([['mine', 'without-run']]);
  });

  test('when the run of a cancelled build is not cancelled', async () => {
    await writeLedger({ running: [running('cancelled', { cancelledAt: longAgo })] });
    await createRun('cancelled', 'Running');
    expect(await reportsOfList()).toEqual([['mine', 'cancelled']]);
  });

  test('when a run was deleted', async () => {
    await writeLedger({ running: [running('deleted')] });
    await createRun('deleted', 'Running');
    await cluster.kube().remove('pipelineruns', 'deleted');
    expect(await reportsOfList()).toEqual([['mine', 'deleted']]);
  });

  test('when a queued build could run', async () => {
    await writeLedger({ queued: [record('next')] });
    expect(await reportsOfList()).toEqual([['mine', 'next']]);
  });

  test('when a reader of a queued log finds that the queue could move', async () => {
    const full = ['a', 'b', 'c', 'd'].map((id) => running(id));
    await writeLedger({ running: full, queued: [record('next')] });
    for (const { id } of full) await createRun(id, id === 'a' ? 'Succeeded' : 'Running');
    await serveReads();
    expect(await read('/next/logs?format=ndjson')).toContain('the build is being started');
    expect(reports[0]).toEqual(['mine', 'a']);
  });
});

test('a read requests the archiver of a running build about which no event has come, unless that was noted', async () => {
  const builds = (['awaited', 'missed', undefined] as const).map((event) =>
    running(`event-${event}`, event ? { event } : {}),
  );
  await writeLedger({ running: builds });
  for (const { id } of builds) await createRun(id, 'Running');
  await serveReads();
  expect(await listed()).toHaveLength(3);
  expect(archivers).toEqual([['mine', 'event-awaited']]);
});

describe('a read reports nothing', () => {
  test('when the ledger and the runs agree', async () => {
    await writeLedger({ running: [running('runs')], finished: [running('done', { status: 'BUILD_SUCCESS' })] });
    await createRun('runs', 'Running');
    await serveReads();
    expect(await listed()).toHaveLength(2);
    expect(reports).toEqual([]);
  });

  test('when a build has just started and its run is about to be created', async () => {
    await writeLedger({ running: [running('starting', { startedAt: new Date().toISOString() })] });
    await serveReads();
    expect(await listed()).toMatchObject([{ status: 'BUILD_PENDING' }]);
    expect(reports).toEqual([]);
  });

  test('when a queued build waits for a slot of the cluster that another tool holds', async () => {
    await writeLedger({ queued: [record('next')] });
    await writeCapacity([{ tool: 'other', id: 'theirs', at: longAgo }]);
    await serveReads(new Map(), 1);
    expect(await listed()).toMatchObject([{ queue_position: 1, message: expect.stringContaining('All slots') }]);
    expect(reports).toEqual([]);
  });
});
