import { beforeEach, describe, expect, test } from '@jest/globals';
import { cancelBuild } from '../../../../lib/builds/cancel.ts';
import { type StartContext, startBuild } from '../../../../lib/builds/start.ts';
import { startCluster } from '../../../support/kubernetes/cluster.ts';
import { startContext } from './context.ts';
import { World } from './world.ts';

let world: World;
let context: StartContext;
let id: string;

beforeEach(async () => {
  world = new World(undefined);
  context = world.instance({ isImmediate: true }).context;
  const given = { source_url: 'https://example.org/x' };
  id = (await startBuild(context, 'mine', given, undefined, new AbortController().signal)).id;
});

const cancel = (): Promise<string> =>
  cancelBuild(context, 'mine', id).then(
    () => 'cancelled',
    (error: { code: string }) => error.code,
  );

describe('cancelling a build', () => {
  test('that a read shows as finished though the ledger says running is refused', async () => {
    world.endRun(0);
    expect(await cancel()).toBe('build_finished');
    expect(world.ledger('mine')?.status?.finished).toMatchObject([{ id, status: 'BUILD_SUCCESS' }]);
  });

  test('that a read shows as finished is refused also where the reconcile fails after it has finished the build', async () => {
    const given = { source_url: 'https://example.org/x' };
    for (let at = 0; at < 2; at += 1) await startBuild(context, 'mine', given, undefined, new AbortController().signal);
    world.endRun(world.liveRuns().findIndex(({ metadata }) => metadata.name === id));
    const create = () => Promise.reject(new Error('The API server creates nothing.'));
    context = { ...context, kube: { ...context.kube, create } };
    expect(await cancel()).toBe('build_finished');
    expect(world.ledger('mine')?.status).toMatchObject({ finished: [{ id, status: 'BUILD_SUCCESS' }], queued: [] });
  });

  test('that runs cancels its run', async () => {
    expect(await cancel()).toBe('cancelled');
    expect(world.liveRuns()).toMatchObject([{ spec: { status: 'Cancelled' } }]);
  });

  test('again while its run still ends changes nothing, and after its end is refused', async () => {
    await cancel();
    expect(await cancel()).toBe('cancelled');
    world.endRun(0);
    expect(await cancel()).toBe('build_finished');
    expect(world.ledger('mine')?.status?.finished).toMatchObject([{ id, status: 'BUILD_CANCELLED' }]);
  });
});

test('cancelling a running build reads the ledger twice: to cancel the build, and to reconcile the tool', async () => {
  const cluster = await startCluster();
  try {
    const limits = { running: 2, queued: 5, succeeded: 5, failed: 5 };
    const running = startContext(cluster.kube(), { limits, slots: undefined });
    const given = { source_url: 'https://example.org/x' };
    const { id: build } = await startBuild(running, 'mine', given, undefined, new AbortController().signal);
    const from = cluster.requests.length;
    await cancelBuild(running, 'mine', build);
    const paths = cluster.requests.slice(from).map((request) => request.replace(/ .*\/namespaces\/[^/]+\//, ' '));
    expect(paths.map((path) => path.replace(build, 'ID').replace(/\?.*/, ''))).toEqual([
      'GET pipelineruns/ID',
      'GET buildledgers/mine',
      'PUT buildledgers/mine/status',
      'GET pipelineruns',
      'GET buildledgers/mine',
      'PATCH pipelineruns/ID',
    ]);
  } finally {
    await cluster.close();
  }
});
