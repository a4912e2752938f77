import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cancelBuild, deleteBuild } from '../../../../lib/builds/cancel.ts';
import type { BuildsApiRuns } from '../../../../lib/builds/context.ts';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { type StartContext, startBuild } from '../../../../lib/builds/start.ts';
import type { Kube } from '../../../../lib/kube/client.ts';
import { ifFound } from '../../../../lib/kube/kube-error.ts';
import { closeLog } from '../../../../lib/ledger/state.ts';
import type { BuildLedger, BuildRecord, Limits } from '../../../../lib/ledger/types.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { createOldRun, type OldRun, oldRun, oldRunName } from '../../../support/builds-api-run.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startContext } from './context.ts';

const limits: Limits = { running: 2, queued: 5, succeeded: 4, failed: 2 };
const succeeded = { status: 'True', reason: 'Succeeded' } as const;
const running = { status: 'Unknown', reason: 'Running' } as const;
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const contextWith = (buildsApiRuns: BuildsApiRuns, kube: Kube = cluster.kube(), slots?: number): StartContext =>
  startContext(kube, { limits, slots, buildsApiRuns });

const createOld = (tool: string, options: OldRun): Promise<string> => createOldRun(cluster.kube(), tool, options);

const runOf = (id: string): Promise<PipelineRun | undefined> => ifFound(cluster.kube().get('pipelineruns', id));

const ledgerOf = async (tool = 'mine'): Promise<BuildLedger['status']> =>
  (await ifFound(cluster.kube().get<BuildLedger>('buildledgers', tool)))?.status;

const ids = (builds: readonly BuildRecord[] = []): string[] => builds.map(({ id }) => id);

const start = (context: StartContext) =>
  startBuild(context, 'mine', { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);

test('a reconcile adopts the runs of builds-api of a tool without a ledger', async () => {
  const live = await createOld('mine', { suffix: 'aaaaa', condition: running });
  const done = await createOld('mine', { suffix: 'bbbbb', condition: succeeded });
  await createOld('other', { condition: running });
  const { corrections } = await reconcile(contextWith('adopt'), 'mine');
  const status = await ledgerOf();
  expect({ running: ids(status?.running), finished: ids(status?.finished) }).toEqual({
    running: [live],
    finished: [done],
  });
  expect(corrections.map(({ kind, id }) => [kind, id])).toEqual([
    ['adopted', live],
    ['adopted', done],
  ]);
  expect((await reconcile(contextWith('adopt'), 'mine')).corrections).toEqual([]);
});

test('runs of builds-api stay as they are when they are adopted', async () => {
  const names = [
    await createOld('mine', { condition: running }),
    await createOld('mine', { suffix: 'bbbbb', condition: succeeded }),
  ];
  const before = await Promise.all(names.map(runOf));
  await reconcile(contextWith('adopt'), 'mine');
  expect(await Promise.all(names.map(runOf))).toEqual(before);
});

test('reconciles at the same time adopt each run once', async () => {
  const names = await Promise.all(
    ['aaaaa', 'bbbbb', 'ccccc', 'ddddd'].map((suffix, at) =>
      createOld('mine', { suffix, condition: at % 2 === 0 ? running : succeeded }),
    ),
  );
  await Promise.all(Array.from({ length: 5 }, () => reconcile(contextWith('adopt'), 'mine')));
  const status = await ledgerOf();
  expect([...ids(status?.running), ...ids(status?.finished)].sort()).toEqual(names.sort());
});

test('adopted builds take slots of the cluster', async () => {
  const live = await createOld('mine', { condition: running });
  const context = contextWith('adopt', cluster.kube(), 1);
  await reconcile(context, 'mine');
  expect((await context.capacity.read()).claims).toMatchObject([{ tool: 'mine', id: live }]);
  const { position } = await startBuild(
    context,
    'other',
    { source_url: 'https://example.org/x' },
    undefined,
    new AbortController().signal,
  );
  expect(position).toBe(1);
});

test('a run without a status runs, and a run that is being deleted has no build', async () => {
  const fresh = await createOld('mine', { suffix: 'aaaaa' });
  const name = await createOld('mine', { suffix: 'bbbbb', condition: succeeded });
  await cluster.kube().patch('pipelineruns', name, { metadata: { finalizers: ['chains.tekton.dev/pipelinerun'] } });
  await cluster.kube().remove('pipelineruns', name);
  await reconcile(contextWith('adopt'), 'mine');
  const status = await ledgerOf();
  expect({ running: ids(status?.running), finished: status?.finished }).toEqual({ running: [fresh], finished: [] });
});

test.each<BuildsApiRuns>(['ignore', 'show'])(
  'with %s a reconcile writes nothing about runs of builds-api',
  async (mode) => {
    const names = [
      await createOld('mine', { condition: running }),
      await createOld('mine', { suffix: 'bbbbb', condition: succeeded }),
    ];
    const before = await Promise.all(names.map(runOf));
    cluster.requests.length = 0;
    expect((await reconcile(contextWith(mode), 'mine')).corrections).toEqual([]);
    expect(cluster.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    expect(await Promise.all(names.map(runOf))).toEqual(before);
    expect(await ledgerOf()).toBeUndefined();
  },
);

describe('the limit of running builds', () => {
  const startBeside = async (mode: BuildsApiRuns) => {
    for (const suffix of ['aaaaa', 'bbbbb']) await createOld('mine', { suffix, condition: running });
    await createOld('mine', { suffix: 'ccccc', condition: succeeded });
    return (await start(contextWith(mode))).position;
  };

  test.each<[BuildsApiRuns, number]>([
    ['adopt', 1],
    ['show', 1],
    ['ignore', 0],
  ])('with %s a start beside two builds of builds-api has the position %d', async (mode, position) => {
    expect(await startBeside(mode)).toBe(position);
  });

  test('also counts runs that builds-api made after a build was queued', async () => {
    for (const suffix of ['aaaaa', 'bbbbb']) await createOld('mine', { suffix, condition: running });
    const { id } = await start(contextWith('show'));
    for (const suffix of ['ccccc', 'ddddd']) await createOld('mine', { suffix, condition: running });
    for (const suffix of ['aaaaa', 'bbbbb']) await cluster.kube().remove('pipelineruns', oldRunName('mine', suffix));
    await reconcile(contextWith('show'), 'mine');
    expect(ids((await ledgerOf())?.queued)).toEqual([id]);
    await cluster.kube().remove('pipelineruns', oldRunName('mine', 'ccccc'));
    await reconcile(contextWith('show'), 'mine');
    expect(ids((await ledgerOf())?.running)).toEqual([id]);
  });
});

describe('a client changes a build that no reconcile has adopted:', () => {
  test.each<BuildsApiRuns>(['show', 'adopt'])('with %s its cancellation cancels the run', async (mode) => {
    const id = await createOld('mine', { condition: running });
    await cancelBuild(contextWith(mode), 'mine', id);
    expect((await runOf(id))?.spec.status).toBe('Cancelled');
    expect((await ledgerOf())?.running).toMatchObject([{ id, cancelledAt: expect.any(String) }]);
  });

  test('its cancellation after its end is refused', async () => {
    const id = await createOld('mine', { condition: succeeded });
    await expect(cancelBuild(contextWith('adopt'), 'mine', id)).rejects.toMatchObject({ code: 'build_finished' });
  });

  test.each<BuildsApiRuns>(['show', 'adopt'])('with %s its deletion deletes the run', async (mode) => {
    const id = await createOld('mine', { condition: succeeded });
    await deleteBuild(contextWith(mode), 'mine', id);
    expect(await runOf(id)).toBeUndefined();
    expect((await ledgerOf())?.finished).toEqual([]);
  });

  test('its deletion while it runs cancels the run first', async () => {
    const id = await createOld('mine', { condition: running });
    await deleteBuild(contextWith('adopt'), 'mine', id);
    const cancelled = await runOf(id);
    expect(cancelled?.spec.status).toBe('Cancelled');
    const { status } = oldRun('mine', { condition: { status: 'False', reason: 'Cancelled' } });
    await cluster
      .kube()
      .replaceStatus('pipelineruns', { ...(cancelled as PipelineRun), ...(status ? { status } : {}) });
    await reconcile(contextWith('adopt'), 'mine');
    expect(await runOf(id)).toBeUndefined();
    expect(await ledgerOf()).toMatchObject({ running: [], finished: [] });
  });

  test.each([
    ['cancellation', cancelBuild],
    ['deletion', deleteBuild],
  ])('a %s of a build of another tool, or with the setting ignore, gets 404', async (_, change) => {
    const id = await createOld('mine', { condition: running });
    const notFound = expect.objectContaining({ code: 'build_not_found' });
    await expect(change(contextWith('adopt'), 'other', id)).rejects.toEqual(notFound);
    await expect(change(contextWith('ignore'), 'mine', id)).rejects.toEqual(notFound);
    expect((await runOf(id))?.spec.status).toBeUndefined();
  });

  test('a deletion that ends halfway is finished by the next reconcile, which does not adopt the run again', async () => {
    const id = await createOld('mine', { condition: succeeded });
    const refusing = cluster.kube();
    const refuse = (): Promise<never> => Promise.reject(new Error('the function was killed'));
    await deleteBuild(contextWith('adopt', { ...refusing, remove: refuse }), 'mine', id);
    expect(await runOf(id)).toBeDefined();
    expect((await ledgerOf())?.finished).toEqual([]);
    const { corrections } = await reconcile(contextWith('adopt'), 'mine');
    expect(corrections).toEqual([{ kind: 'run_released', id }]);
    expect(await runOf(id)).toBeUndefined();
    expect((await ledgerOf())?.finished).toEqual([]);
  });
});

test('an adopted build whose run somebody deletes is cancelled, and gets no new run', async () => {
  const id = await createOld('mine', { condition: running });
  await reconcile(contextWith('adopt'), 'mine');
  await cluster.kube().remove('pipelineruns', id);
  await reconcile(contextWith('adopt'), 'mine');
  expect(await runOf(id)).toBeUndefined();
  expect((await ledgerOf())?.finished).toMatchObject([
    { id, status: 'BUILD_CANCELLED', message: 'The run of this build was deleted.' },
  ]);
});

test('a build that another process adopts while a reconcile lists the runs is not taken for deleted', async () => {
  const kube = cluster.kube();
  let id = '';
  const list: Kube['list'] = async (resource, options) => {
    const listed = await kube.list(resource, options);
    if (resource !== 'pipelineruns' || id !== '') return listed as never;
    id = await createOld('mine', { condition: running });
    await reconcile(contextWith('adopt'), 'mine');
    return listed as never;
  };
  await reconcile(contextWith('adopt', { ...kube, list }), 'mine');
  expect(ids((await ledgerOf())?.running)).toEqual([id]);
});

/** Closes the log of a build in the ledger, as the archiver does at the end of the log. */
const closeLogOf = (context: StartContext, id: string): Promise<void> =>
  context.ledger.change('mine', ({ state, limits }) => ({
    state: closeLog(state, id, 'complete', undefined, limits),
    result: undefined,
  }));

describe('the run of a build of this service, after its log is archived,', () => {
  const finishedBuild = async (mode: BuildsApiRuns): Promise<string> => {
    const context = contextWith(mode);
    const { id } = await start(context);
    const { status } = oldRun('mine', { condition: succeeded });
    const run = (await runOf(id)) as PipelineRun;
    await cluster.kube().replaceStatus('pipelineruns', { ...run, ...(status ? { status } : {}) });
    await reconcile(context, 'mine');
    await closeLogOf(context, id);
    await reconcile(context, 'mine');
    return id;
  };

  test.each<BuildsApiRuns>(['show', 'adopt'])('is kept with %s, without a finalizer', async (mode) => {
    const id = await finishedBuild(mode);
    const run = await runOf(id);
    expect(run?.metadata.finalizers ?? []).toEqual([]);
    expect(run?.metadata.deletionTimestamp).toBeUndefined();
    await reconcile(contextWith('ignore'), 'mine');
    expect(await runOf(id)).toBeUndefined();
    expect(ids((await ledgerOf())?.finished)).toEqual([id]);
  });

  test('is deleted with ignore', async () => {
    expect(await runOf(await finishedBuild('ignore'))).toBeUndefined();
  });

  test('is deleted together with its build, also where runs are kept', async () => {
    const id = await finishedBuild('adopt');
    await deleteBuild(contextWith('adopt'), 'mine', id);
    expect(await runOf(id)).toBeUndefined();
  });
});

test('the runs of adopted builds are kept until their builds leave the ledger', async () => {
  const context = contextWith('adopt');
  const names = await Promise.all(
    ['aaaaa', 'bbbbb', 'ccccc'].map((suffix, at) =>
      createOld('mine', { suffix, condition: { status: 'False', reason: 'Failed' }, at: `2026-11-22T0${at}:00:00Z` }),
    ),
  );
  await reconcile(context, 'mine');
  for (const id of names) await closeLogOf(context, id);
  await reconcile(context, 'mine');
  expect((await Promise.all(names.map(runOf))).map((run) => run?.metadata.name)).toEqual([
    undefined,
    ...names.slice(1),
  ]);
  expect(ids((await ledgerOf())?.finished)).toEqual([names[2], names[1]]);
});
