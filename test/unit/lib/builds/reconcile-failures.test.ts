import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { type StartContext, startBuild } from '../../../../lib/builds/start.ts';
import type { Kube } from '../../../../lib/kube/client.ts';
import { KubeError } from '../../../../lib/kube/kube-error.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startContext } from './context.ts';

const limits = { running: 4, queued: 10, succeeded: 10, failed: 10 };
const hour = 60 * 60 * 1000;
let cluster: TestCluster;
/**
 * Returns the error with which the API server refuses a request, or undefined where it accepts the request. Tests
 * replace this function.
 */
let refusal: (verb: 'get' | 'create' | 'replaceStatus', resource: string, name: string) => KubeError | undefined;

beforeEach(async () => {
  cluster = await startCluster();
  refusal = () => undefined;
});
afterEach(() => cluster.close());

const tooLarge = new KubeError(413, 'RequestEntityTooLarge', 'too large');
const broken = new KubeError(500, 'InternalError', 'broken');
const conflict = new KubeError(409, 'Conflict', 'modified');

const refusing = (kube: Kube): Kube => {
  const unlessRefused = async <T>(refused: KubeError | undefined, act: () => Promise<T>): Promise<T> => {
    if (refused) throw refused;
    return act();
  };
  return {
    ...kube,
    get: (resource, name, signal) =>
      unlessRefused(refusal('get', resource, name), () => kube.get(resource, name, signal)),
    create: (resource, object) =>
      unlessRefused(refusal('create', resource, object.metadata.name), () => kube.create(resource, object)),
    replaceStatus: (resource, object) =>
      unlessRefused(refusal('replaceStatus', resource, object.metadata.name), () =>
        kube.replaceStatus(resource, object),
      ),
  };
};

/**
 * Returns a context for starting builds.
 * @param skewMs milliseconds by which the function's clock is ahead, to make every start look abandoned
 */
const contextOf = (slots: number, skewMs = 0): StartContext =>
  startContext(refusing(cluster.kube()), { limits, slots, skewMs, sleep: async () => undefined });

const start = (context: StartContext, tool: string) =>
  startBuild(context, tool, { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);

const claimsOf = async ({ capacity }: StartContext, tool: string): Promise<string[]> =>
  (await capacity.read()).claims.filter((claim) => claim.tool === tool).map(({ id }) => id);

const endRuns = async ({ kube }: StartContext): Promise<void> => {
  const { items } = await kube.list<PipelineRun>('pipelineruns');
  const conditions = [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' } as const];
  for (const run of items) await kube.replaceStatus('pipelineruns', { ...run, status: { conditions } });
};

/** Writes claims without builds, as a function leaves them that is killed between its writes of capacity and ledger. */
const leaveClaims = async ({ capacity }: StartContext, tool: string, ids: readonly string[]): Promise<void> => {
  const left = ids.map((id) => ({ tool, id, at: new Date().toISOString() }));
  await capacity.change((state) => ({ state: { ...state, claims: [...state.claims, ...left] }, result: undefined }));
};

const runningOf = async ({ ledger }: StartContext, tool: string): Promise<string[]> =>
  (await ledger.read(tool)).state.running.map(({ id }) => id);

test('a tool whose ledger cannot be written takes no more slots than its limit', async () => {
  const context = contextOf(50);
  await start(context, 'x');
  refusal = (verb, resource) => (verb === 'replaceStatus' && resource === 'buildledgers' ? tooLarge : undefined);
  for (let at = 0; at < 12; at += 1) await expect(start(context, 'x')).rejects.toThrow('too large');
  expect(await claimsOf(context, 'x')).toHaveLength(limits.running);
});

describe('a reconcile removes claims that were left behind', () => {
  test('also when a run cannot be created', async () => {
    const context = contextOf(4, hour);
    refusal = (verb, resource) => (verb === 'create' && resource === 'pipelineruns' ? broken : undefined);
    await start(context, 'x');
    await leaveClaims(context, 'x', ['gone-1', 'gone-2']);
    await expect(reconcile(context, 'x')).rejects.toBe(broken);
    expect(await runningOf(context, 'x')).toHaveLength(1);
    expect(await claimsOf(context, 'x')).toEqual(await runningOf(context, 'x'));
  });

  test('also when the API server refuses a change of the ledger', async () => {
    const context = contextOf(4, hour);
    await start(context, 'x');
    await endRuns(context);
    await leaveClaims(context, 'x', ['gone-1']);
    let refused = 0;
    refusal = (verb, resource) => {
      if (verb !== 'replaceStatus' || resource !== 'buildledgers') return undefined;
      refused += 1;
      return refused === 1 ? tooLarge : undefined;
    };
    await expect(reconcile(context, 'x')).rejects.toBe(tooLarge);
    expect(await runningOf(context, 'x')).toHaveLength(1);
    expect(await claimsOf(context, 'x')).toEqual(await runningOf(context, 'x'));
  });

  test('and throws the first error when that fails too', async () => {
    const context = contextOf(4, hour);
    await start(context, 'x');
    await endRuns(context);
    let refused = false;
    refusal = (verb, resource) => {
      if (verb !== 'replaceStatus') return undefined;
      if (resource === 'buildcapacities') return refused ? broken : undefined;
      refused = true;
      return tooLarge;
    };
    await expect(reconcile(context, 'x')).rejects.toBe(tooLarge);
  });

  test('also of a build that has just ended, when the capacity was too busy at that moment', async () => {
    const context = contextOf(4);
    await start(context, 'x');
    await endRuns(context);
    let conflicts = 60;
    refusal = (verb, resource) => {
      if (verb !== 'replaceStatus' || resource !== 'buildcapacities' || conflicts === 0) return undefined;
      conflicts -= 1;
      return conflict;
    };
    await reconcile(context, 'x');
    expect(conflicts).toBe(0);
    expect((await context.ledger.read('x')).state.finished).toHaveLength(1);
    expect(await claimsOf(context, 'x')).toEqual([]);
  });
});

test('a tool that cannot be promoted does not keep others waiting, and waits again once it can be promoted', async () => {
  const context = contextOf(1);
  for (const tool of ['first', 'x', 'y']) await start(context, tool);
  await endRuns(context);
  refusal = (verb, resource, name) =>
    verb === 'get' && resource === 'buildledgers' && name === 'x' ? broken : undefined;
  await reconcile(context, 'first');
  expect(await runningOf(context, 'y')).toHaveLength(1);
  refusal = () => undefined;
  await reconcile(context, 'x');
  expect((await context.capacity.read()).waiting).toMatchObject([{ tool: 'x', wants: 1 }]);
  await endRuns(context);
  await reconcile(context, 'y');
  expect(await runningOf(context, 'x')).toHaveLength(1);
});
