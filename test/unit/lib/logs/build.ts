import type { BuildRecord } from '../../../../lib/ledger/types.ts';
import { archiveBuild, closeArchive } from '../../../../lib/logs/archive/archive-build.ts';
import { createSecretFinder } from '../../../../lib/logs/masking/secret-finder.ts';
import { readLog } from '../../../../lib/logs/read.ts';
import type { ReadOptions } from '../../../../lib/logs/sources/read-options.ts';
import type { BuildState, BuildView, LogEvent, LogEvents } from '../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import type { BuildPodCluster } from '../../../support/kubernetes/build-pod.ts';
import type { BuildPodStore } from '../../../support/kubernetes/build-pod-store.ts';

const buildRecord = (more: Partial<BuildRecord> = {}): BuildRecord => ({
  id: 'b-1',
  parameters: { source_url: 'https://example.org/r.git' },
  sourceUrl: 'https://example.org/r.git',
  commit: '0'.repeat(40),
  image: 'registry.example/tool/tool:latest',
  acceptedAt: '2026-11-22T08:02:00.000Z',
  startedAt: '2026-11-22T08:02:01.000Z',
  status: 'BUILD_RUNNING',
  message: '',
  log: 'live',
  ...more,
});

/** Makes a view of a build whose state the test sets. */
export const createView = (first: Partial<BuildRecord> = {}, more: Partial<BuildState> = {}) => {
  let state: BuildState = { build: buildRecord(first), queuePosition: undefined, ...more };
  const view: BuildView = { read: async () => state };
  return {
    view,
    set: (next: Partial<BuildRecord>, rest: Partial<BuildState> = {}) => {
      state = { queuePosition: undefined, ...rest, build: { ...state.build, ...next } };
    },
  };
};

export const finished: Partial<BuildRecord> = { status: 'BUILD_SUCCESS', finishedAt: '2026-11-22T08:05:00.000Z' };

const fast = { pollMs: { first: 5, most: 20 }, retryMs: 1 };

/**
 * Gives a fake cluster a pod whose steps have ended, with `lines` as the log of the step build.
 * @returns a view of the build
 */
export const finishedBuild = (fake: BuildPodCluster, lines: readonly string[] = ['one', 'two', 'three']) => {
  fake.setPod(['clone', 'build', 'export']);
  for (const step of ['clone', 'build', 'export']) fake.setState(step, 'terminated');
  fake.write('clone', ['cloned']);
  fake.write('build', lines);
  fake.write('export', ['SECRET of the exporter']);
  return createView(finished);
};

export const common = ({ kube }: Pick<BuildPodCluster, 'kube'>, view: BuildView) => ({
  kube,
  tool: 'tool',
  view,
  findSecrets: createSecretFinder([]),
  allowedSteps: ['clone', 'build'],
  signal: new AbortController().signal,
  ...fast,
});

export const collect = async (events: LogEvents): Promise<LogEvent[]> => {
  const all: LogEvent[] = [];
  for await (const batch of events) all.push(...batch);
  return all;
};

type Viewed = { view: BuildView };

/** Returns where an object store has the archive of the build. */
export const archiveIn = (store: ObjectStore) => ({ store, tool: 'tool', id: 'b-1' });

/** Reads the log of the build from its archive and its pod, to the end of what is there now. */
export const readEvents = (
  { fake, store }: BuildPodStore,
  { view }: Viewed,
  more: Partial<ReadOptions> = {},
): Promise<LogEvent[]> => collect(readLog({ ...common(fake, view), store, tool: 'tool', follow: false, ...more }));

/** Archives the log of the build. @param more options that differ from those of the tests, such as the sizes of chunks */
export const archiveLog = (
  { fake, store }: BuildPodStore,
  { view }: Viewed,
  more: Partial<Parameters<typeof archiveBuild>[0]> = {},
) => archiveBuild({ ...common(fake, view), ...archiveIn(store), flushMs: 5, ...more });

/** Closes the archive of the build's log, as archive-logs does for a build without an archiver. */
export const closeLog = ({ fake, store }: BuildPodStore, { view }: Viewed) =>
  closeArchive({ ...common(fake, view), ...archiveIn(store) });

export const linesOf = (events: readonly LogEvent[]) => events.filter((event) => event.type === 'line');
export const notesOf = (events: readonly LogEvent[]) =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
export const endOf = (events: readonly LogEvent[]) => events.find((event) => event.type === 'end');

/** Returns the log events that a client may see. */
export const visible = (events: readonly LogEvent[]) =>
  events.filter(({ type }) => type !== 'plan' && type !== 'done' && type !== 'restart');
