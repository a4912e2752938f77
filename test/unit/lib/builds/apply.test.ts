import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { applyChange } from '../../../../lib/builds/apply.ts';
import { cancelBuild, deleteBuild } from '../../../../lib/builds/cancel.ts';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { startCluster } from '../../../support/kubernetes/cluster.ts';
import { respondWith } from '../../../support/kubernetes/faults.ts';
import {
  bodyOf,
  invalidRuns,
  policyFailures,
  type RecordedRefusal,
  temporaryRefusals,
} from '../../../support/kubernetes/refusals.ts';
import { startContext } from './context.ts';
import { World } from './world.ts';

const never = new AbortController().signal;
const given = { source_url: 'https://example.org/r.git' };

/** A process that may create runs, and a process that requests runs. Both work on the same cluster. */
const startWorld = () => {
  const world = new World(undefined);
  const creating = world.instance({ isImmediate: true }).context;
  const requested: string[] = [];
  const requesting = {
    ...world.instance({ isImmediate: true }).context,
    requestRun: (tool: string, id: string) => void requested.push(`${tool}/${id}`),
  };
  return { world, creating, requesting, requested };
};

const startAll = (context: ReturnType<typeof startWorld>['creating'], count: number) =>
  Promise.all(Array.from({ length: count }, () => startBuild(context, 'tool', given, undefined, never)));

const runIds = (world: World) => world.liveRuns().map(({ metadata }) => metadata.name);

test('a function that may not create runs requests the run of a build that it promotes', async () => {
  const { world, creating, requesting, requested } = startWorld();
  const [first, second, third] = await startAll(creating, 3);
  world.endRun(0);
  const runsBefore = runIds(world);
  const running = [first, second].find(({ id } = { id: '' } as never) => runsBefore.includes(id));
  await cancelBuild(requesting, 'tool', running?.id ?? '');
  expect(requested).toEqual([`tool/${third?.id}`]);
  expect(runIds(world)).toEqual(runsBefore);
  await reconcile(creating, 'tool');
  expect(runIds(world)).toContain(third?.id);
});

test('a build that is cancelled before its run exists gets a cancelled run from finish-build', async () => {
  const { world, creating, requesting, requested } = startWorld();
  const create = ((resource: string, object: never) =>
    resource === 'pipelineruns'
      ? Promise.reject(new Error('this function is killed before it creates the run'))
      : creating.kube.create(resource as never, object)) as typeof creating.kube.create;
  const { id } = await startBuild({ ...creating, kube: { ...creating.kube, create } }, 'tool', given, undefined, never);
  await cancelBuild(requesting, 'tool', id);
  expect(requested).toEqual([`tool/${id}`]);
  expect(runIds(world)).toEqual([]);
  await reconcile(creating, 'tool');
  expect(world.liveRuns().map(({ metadata, spec }) => [metadata.name, spec.status])).toEqual([[id, 'Cancelled']]);
});

test('a function that may not create runs deletes a running build', async () => {
  const { world, creating, requesting, requested } = startWorld();
  const [{ id } = { id: '' }] = await startAll(creating, 1);
  await deleteBuild(requesting, 'tool', id);
  expect(world.liveRuns().map(({ spec }) => spec.status)).toEqual(['Cancelled']);
  expect(requested).toEqual([]);
});

test('a build whose id is the name of a run of another tool fails, and its slot is free again', async () => {
  const { world, creating } = startWorld();
  const [{ id } = { id: '' }] = await startAll(creating, 1);
  const build = world.ledger('tool')?.status?.running?.[0];
  if (!build) throw new Error('The tool has no running build.');
  await creating.ledger.change('other', ({ state }) => ({ state: { ...state, running: [build] }, result: undefined }));
  const change = { kind: 'create', build, cancelled: false } as const;
  expect(await applyChange(creating, 'other', new Map(), change)).toBe(true);
  expect(world.ledger('other')?.status).toMatchObject({
    running: [],
    finished: [
      { id, status: 'BUILD_FAILURE', message: 'The build could not be started: Its id is taken. Start another build.' },
    ],
  });
  const [run] = world.liveRuns() as PipelineRun[];
  expect(run?.metadata.annotations).toMatchObject({ 'builds.toolforge.org/tool': 'tool' });
  expect(world.ledger('tool')?.status?.running).toHaveLength(1);
});

describe('a record that a function which was taken over has put into a ledger', () => {
  /** Puts a changed copy of a running build into the ledger of its tool, as a build without a run. */
  const inject = async (change: object) => {
    const { world, creating } = startWorld();
    await startAll(creating, 1);
    const [build] = world.ledger('tool')?.status?.running ?? [];
    if (!build) throw new Error('The tool has no running build.');
    const injected = { ...build, id: 'injected', ...change };
    await creating.ledger.change('tool', ({ state }) => ({
      state: { ...state, running: [...state.running, injected] },
      result: undefined,
    }));
    await reconcile(creating, 'tool');
    return { world, run: world.liveRuns().find(({ metadata }) => metadata.name === 'injected') };
  };

  test('with the image of another tool gets a run that pushes an image of its own tool', async () => {
    const { run } = await inject({ image: 'registry.example/attack-final/victim:latest' });
    expect(run?.spec.params).toContainEqual({
      name: 'APP_IMAGE',
      value: 'registry.example/tool-tool/tool-tool:latest',
    });
    expect(JSON.stringify(run)).not.toContain('victim');
  });

  test('with a name that leads to another image fails without a run, and its slot is free again', async () => {
    const parameters = { source_url: 'https://example.org/r.git', image_name: '../attack-final/victim' };
    const { world, run } = await inject({ parameters });
    expect(run).toBeUndefined();
    expect(world.ledger('tool')?.status).toMatchObject({
      running: [{ id: expect.not.stringMatching('injected') }],
      finished: [
        {
          ...{ id: 'injected', status: 'BUILD_FAILURE' },
          message: expect.stringMatching(/^The build could not be started: The image name must be/),
        },
      ],
    });
  });
});

describe('a build that was accepted with deprecated versions', () => {
  const flags = { ...given, use_deprecated_versions: true };
  const withDeprecated = (context: ReturnType<typeof startWorld>['creating'], validUntil?: string) => {
    const versions = context.runSettings.versions;
    const deprecated = { builder: 'old-builder', runner: 'old-runner', validUntil: validUntil ?? '' };
    const all = validUntil ? { ...versions, deprecated } : versions;
    return { ...context, runSettings: { ...context.runSettings, versions: all } };
  };

  /** Fills the slots of a tool, and queues a build with deprecated versions. */
  const queueDeprecated = async (world: World, context: ReturnType<typeof startWorld>['creating']) => {
    await startAll(context, 2);
    const { id, position } = await startBuild(withDeprecated(context, '9999-01-01'), 'tool', flags, undefined, never);
    expect(position).toBe(1);
    world.endRun(0);
    return id;
  };

  test('runs with them after their last day, when its turn comes', async () => {
    const { world, creating } = startWorld();
    const id = await queueDeprecated(world, creating);
    await reconcile(withDeprecated(creating, '2000-01-01'), 'tool');
    const run = world.liveRuns().find(({ metadata }) => metadata.name === id);
    expect(run?.spec.params).toContainEqual({ name: 'BUILDER_IMAGE', value: 'old-builder' });
  });

  test('fails with a reason where the installation has none any more, and its slot is free again', async () => {
    const { world, creating } = startWorld();
    const id = await queueDeprecated(world, creating);
    await reconcile(creating, 'tool');
    expect(runIds(world)).not.toContain(id);
    const { running, finished } = world.ledger('tool')?.status ?? {};
    expect(running).toHaveLength(1);
    expect(finished).toContainEqual(
      expect.objectContaining({
        ...{ id, status: 'BUILD_FAILURE' },
        message: expect.stringMatching(/^The build could not be started: There are no deprecated versions/),
      }),
    );
  });

  test('gets a cancelled run without them where the build was cancelled', async () => {
    const { world, creating } = startWorld();
    const [build] = (await startAll(creating, 1)) && (world.ledger('tool')?.status?.running ?? []);
    if (!build) throw new Error('The tool has no running build.');
    const other = { ...build, id: 'other', parameters: flags };
    await applyChange(creating, 'tool', new Map(), { kind: 'create', build: other, cancelled: true });
    const run = world.liveRuns().find(({ metadata }) => metadata.name === 'other');
    expect(run?.spec).toMatchObject({ status: 'Cancelled' });
  });
});

describe('a build whose run the API server refuses', () => {
  const limits = { running: 2, queued: 5, succeeded: 5, failed: 5 };

  /** Starts a build whose run is refused until the test ends the refusals. */
  const startRefused = async (refusal: RecordedRefusal) => {
    const cluster = await startCluster();
    const context = startContext(cluster.kube(), { limits, slots: undefined });
    const isCreation = ({ method, url }: IncomingMessage) => method === 'POST' && url?.endsWith('/pipelineruns');
    const respond = respondWith(refusal.code, bodyOf(refusal));
    cluster.failAll((req, res, pass) => (isCreation(req) ? respond(req, res, pass) : pass()));
    const { id } = await startBuild(context, 'tool', given, undefined, never);
    return { cluster, context, id };
  };

  test.each([...policyFailures, ...temporaryRefusals].map((refusal) => [refusal.message, refusal] as const))(
    'for now gets its run from the next reconcile: %s',
    async (_, refusal) => {
      const { cluster, context, id } = await startRefused(refusal);
      try {
        await expect(reconcile(context, 'tool')).rejects.toThrow();
        expect((await context.ledger.read('tool')).state).toMatchObject({ running: [{ id }], finished: [] });
        cluster.failAll(undefined);
        await reconcile(context, 'tool');
        expect(await context.kube.get('pipelineruns', id)).toMatchObject({ metadata: { name: id } });
      } finally {
        await cluster.close();
      }
    },
  );

  test.each(invalidRuns.map((refusal) => [refusal.message, refusal] as const))(
    'for ever fails with the reason: %s',
    async (message, refusal) => {
      const { cluster, context, id } = await startRefused(refusal);
      try {
        expect((await context.ledger.read('tool')).state).toMatchObject({
          running: [],
          finished: [{ id, status: 'BUILD_FAILURE', message: `The build could not be started: ${message}` }],
        });
      } finally {
        await cluster.close();
      }
    },
  );
});
