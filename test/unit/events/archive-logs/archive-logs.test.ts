import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { type ArchiveLogsOptions, createArchiveLogs } from '../../../../events/archive-logs/handler.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { archiverWantedType, buildEventSource, readsEventSource } from '../../../../lib/events/build-event.ts';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import { eventTypes } from '../../../../lib/tekton/events.ts';
import { namespace } from '../../../support/kubernetes/client.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { respondWith } from '../../../support/kubernetes/faults.ts';
import { startContext } from '../../lib/builds/context.ts';

let cluster: TestCluster;
let requested: [tool: string, build: string][];

beforeEach(async () => {
  cluster = await startCluster();
  requested = [];
});
afterEach(() => cluster.close());

const limits = { running: 1, queued: 5, succeeded: 5, failed: 5 };
const archiver = {
  ...{ image: 'i', command: ['node'], serviceAccount: undefined, secret: undefined, knownSecrets: [], environment: {} },
};

/** Returns the context of a function. @param skewMs milliseconds by which the function's clock is ahead */
const context = (skewMs = 0) => ({
  ...startContext(cluster.kube(), { limits, slots: undefined, skewMs }),
  requestArchiver: (tool: string, build: string) => void requested.push([tool, build]),
});

const start = async (): Promise<string> => {
  const { id } = await startBuild(
    context(),
    'mine',
    { source_url: 'https://example.org/x' },
    undefined,
    new AbortController().signal,
  );
  return id;
};

const handle = (type: string, build: string, skewMs?: number): Promise<void> => {
  const source = type === archiverWantedType ? readsEventSource : buildEventSource;
  const options = { ...context(skewMs), archiver } as unknown as ArchiveLogsOptions;
  return createArchiveLogs(options)(new CloudEvent({ type, source, subject: build, data: { tool: 'mine', build } }));
};

const jobs = (): string[] =>
  cluster.api.objects.list('jobs', namespace).map(({ metadata }: KubeObject) => metadata.name);

const recordOf = async (id: string) => {
  const { state } = await context().ledger.read('mine');
  return [...state.running, ...state.finished].find((build) => build.id === id);
};

const setRunStatus = async (id: string, status: object): Promise<void> => {
  const run = cluster.api.objects.get('pipelineruns', namespace, id);
  if (run) cluster.api.objects.update('pipelineruns', { ...run, status }, 'status');
};

test('the function that creates the run of a build requests its archiver, so that no event of Tekton is needed', async () => {
  const id = await start();
  expect(requested).toEqual([['mine', id]]);
  await handle(archiverWantedType, id);
  await handle(archiverWantedType, id);
  expect(jobs()).toEqual([id]);
  expect(await recordOf(id)).toHaveProperty('event', 'awaited');
});

test("Tekton's event starts the archiver of a build, and the ledger notes that an event has come", async () => {
  const id = await start();
  await handle(eventTypes.taskRunRunning, id);
  expect(jobs()).toEqual([id]);
  expect(await recordOf(id)).not.toHaveProperty('event');
});

test('a request for the archiver of a build without an event starts it, and the ledger notes that the event was missed', async () => {
  const id = await start();
  await setRunStatus(id, { startTime: new Date().toISOString() });
  await handle(archiverWantedType, id, 60_000);
  expect(jobs()).toEqual([id]);
  expect(await recordOf(id)).toHaveProperty('event', 'missed');
});

test('the ledger notes a missed event, and an event that came, also where the archiver is refused', async () => {
  const refuseJobs = () =>
    cluster.faults.push({
      fault: respondWith(403, JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'quota' })),
      matches: ({ method, url }) => method === 'POST' && url?.includes('/jobs') === true,
    });
  const id = await start();
  await setRunStatus(id, { startTime: new Date().toISOString() });
  refuseJobs();
  await expect(handle(archiverWantedType, id, 60_000)).rejects.toThrow();
  expect(await recordOf(id)).toHaveProperty('event', 'missed');
  refuseJobs();
  await expect(handle(eventTypes.taskRunRunning, id)).rejects.toThrow();
  expect(await recordOf(id)).not.toHaveProperty('event');
  expect(jobs()).toEqual([]);
});

test('a request for the archiver of an unknown build, or of one that has ended, starts nothing', async () => {
  await handle(archiverWantedType, 'unknown');
  const id = await start();
  const condition = { type: 'Succeeded', status: 'True', reason: 'Succeeded' };
  await setRunStatus(id, { startTime: new Date().toISOString(), conditions: [condition] });
  await handle(archiverWantedType, id);
  expect(jobs()).toEqual([]);
});
