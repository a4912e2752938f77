import { beforeEach, describe, expect, test } from '@jest/globals';
import { cancelBuild } from '../../../../lib/builds/cancel.ts';
import { type StartContext, startBuild } from '../../../../lib/builds/start.ts';
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
