import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import type { SweepOptions } from '../../../../events/sweep/handler.ts';
import type { BuildsApiRuns } from '../../../../lib/builds/context.ts';
import type { BuildLedger, BuildRecord } from '../../../../lib/ledger/types.ts';
import { archivePrefix } from '../../../../lib/logs/archive/archive-index.ts';
import { createFolderStore } from '../../../../lib/store/folder.ts';
import { storeFailure } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { createOldRun } from '../../../support/builds-api-run.ts';
import { World } from '../../lib/builds/world.ts';
import { startIn, sweepIn } from './sweep-in.ts';

let folder: string;
let world: World;
let logged: Record<string, unknown>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-'));
  world = new World(2);
  world.deleteReleasedRuns();
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sweepOf = (
  store: ObjectStore = createFolderStore(folder),
  buildsApiRuns: BuildsApiRuns = 'ignore',
  others: Partial<SweepOptions> = {},
) => sweepIn(world, { ...others, store, buildsApiRuns }, logged);

const start = (tool: string) => startIn(world, tool);

const corrections = () =>
  logged.filter(({ message }) => message === 'sweep corrected').map(({ tool, id, kind }) => ({ tool, id, kind }));

test('sweep logs each correction in a line of its own, and counts it', async () => {
  const first = await start('a');
  await start('b');
  const waiting = await start('c');
  expect(waiting.position).toBe(1);
  world.endRun(0);
  await sweepOf()();
  expect(corrections()).toContainEqual({ tool: 'a', id: first.id, kind: 'finished' });
  expect(world.liveRuns().map(({ metadata }) => metadata.name)).toContain(waiting.id);
  const counts = world.capacity()?.status?.counts;
  expect(counts?.mended).toMatchObject({ finished: 1 });
  expect(Object.values(counts?.mended ?? {}).reduce((sum, times) => sum + times, 0)).toBe(corrections().length);
});

test('sweep logs and writes nothing where there is nothing to correct', async () => {
  await start('a');
  const before = world.writes.length;
  await Promise.all([sweepOf()(), sweepOf()()]);
  expect(corrections()).toEqual([]);
  expect(world.writes.length).toBe(before);
});

/** Writes the ledgers of tools that have a finished build each, and its archived log. */
const writeIdleTools = async (tools: number) => {
  const { kube } = world.instance({ isImmediate: true }).context;
  for (let at = 0; at < tools; at += 1) {
    const tool = `idle-${at}`;
    const build = { id: `${tool}-build`, status: 'BUILD_SUCCESS', log: 'complete', parameters: {} };
    const made = await kube.create<BuildLedger>('buildledgers', {
      ...{ apiVersion: 'builds.toolforge.org/v1alpha1', kind: 'BuildLedger' },
      ...{ metadata: { name: tool }, spec: { tool } },
    });
    const status = { running: [], queued: [], finished: [build as unknown as BuildRecord], keys: [] };
    await kube.replaceStatus('buildledgers', { ...made, status });
    await archive(tool, build.id);
  }
};

test('the requests of a sweep grow with the tools that need a correction, not with all tools', async () => {
  await writeIdleTools(150);
  const before = world.requests;
  await sweepOf()();
  expect(corrections()).toEqual([]);
  const idle = world.requests - before;
  expect(idle).toBeLessThan(6);
  await start('a');
  await start('b');
  world.endRun(0);
  const beforeChange = world.requests;
  await sweepOf()();
  expect(new Set(corrections().map(({ tool }) => tool))).toEqual(new Set(['a']));
  expect(world.requests - beforeChange).toBeLessThan(idle + 30);
});

test('a sweep whose time is over begins with no further tool, and the next sweep goes on', async () => {
  world = new World(undefined);
  world.deleteReleasedRuns();
  const tools = Array.from({ length: 12 }, (_, at) => `t${at}`);
  for (const tool of tools) await start(tool);
  for (const _ of tools) world.endRun(0);
  const correctedTools = () => new Set(corrections().map(({ tool }) => tool)).size;
  // The time is over as soon as the first correction is logged.
  const now = () => new Date(Date.now() + (correctedTools() > 0 ? 10 * 60 * 1000 : 0));
  await sweepOf(undefined, 'ignore', { now })();
  const first = correctedTools();
  expect(first).toBeGreaterThan(0);
  expect(logged).toContainEqual(expect.objectContaining({ tools: tools.length - first }));
  await sweepOf()();
  expect(correctedTools()).toBe(tools.length);
});

test('a sweep that has selected tools for longer than its time still corrects tools', async () => {
  const { id } = await start('a');
  world.endRun(0);
  let minutes = 0;
  const now = () => new Date(Date.now() + minutes * 60 * 1000);
  const saveKeys = async () => {
    minutes = 9;
  };
  await sweepOf(undefined, 'ignore', { now, saveKeys })();
  expect(corrections()).toContainEqual({ tool: 'a', id, kind: 'finished' });
});

test('sweep keeps a log without a ledger whose tool starts its first build just then', async () => {
  const store = createFolderStore(folder);
  await archive('new', 'before');
  let lists = 0;
  const late: ObjectStore = {
    ...store,
    list: async function* (prefix, after) {
      lists += 1;
      // The first two lists are of all logs, the third list is the one of this ledger's logs alone.
      if (lists === 3) await archive('new', (await start('new')).id);
      yield* store.list(prefix, after);
    },
  };
  await sweepOf(late)();
  expect(await archived()).toHaveLength(6);
  await sweepOf()();
  expect(corrections()).toEqual([{ tool: 'new', id: 'before', kind: 'log_removed' }]);
  expect(await archived()).toHaveLength(3);
});

test('sweep frees the slots of a tool whose ledger was deleted when the runs of the tool have ended', async () => {
  const { id } = await start('a');
  world.deleteLedger('a');
  await sweepOf()();
  expect(corrections()).toEqual([{ tool: 'a', id, kind: 'run_cancelled' }]);
  expect(world.capacity()?.status?.claims).toHaveLength(1);
  world.endRun(0);
  await sweepOf()();
  expect(corrections()).toContainEqual({ tool: 'a', id, kind: 'claim_removed' });
  expect(world.capacity()?.status?.claims).toEqual([]);
});

test('sweep releases the runs of a tool whose ledger was deleted, also without a capacity', async () => {
  world = new World(undefined);
  world.deleteReleasedRuns();
  const { id } = await start('a');
  world.deleteLedger('a');
  await sweepOf()();
  expect(corrections()).toEqual([{ tool: 'a', id, kind: 'run_cancelled' }]);
  world.endRun(0);
  await sweepOf()();
  expect(corrections()).toContainEqual({ tool: 'a', id, kind: 'run_released' });
});

test('sweep counts an event that could not be delivered', async () => {
  const event = { type: 't', source: '/s', subject: 'build', knativeerrorcode: '503', knativeerrordest: 'http://x' };
  await sweepOf()(new CloudEvent(event));
  await sweepOf()(new CloudEvent({ type: 'dev.knative.sources.ping', source: '/ping' }));
  expect(logged).toContainEqual(expect.objectContaining({ message: 'an event was not delivered', build: 'build' }));
  expect(world.capacity()?.status?.counts?.deadLetters).toBe(1);
});

const archive = async (tool: string, id: string) => {
  const store = createFolderStore(folder);
  for (const name of ['index.json', 'segments/one', 'segments/two'])
    await store.put(`${archivePrefix(tool, id)}${name}`, Buffer.from('{}'));
};

const archived = async () => {
  const keys: string[] = [];
  for await (const key of createFolderStore(folder).list('')) keys.push(key);
  return keys;
};

test('sweep removes the log of an unknown build, and no other log', async () => {
  const { id } = await start('a');
  await archive('a', id);
  const kept = await archived();
  await archive('a', 'gone');
  await sweepOf()();
  expect(await archived()).toEqual(kept);
  expect(corrections()).toEqual([{ tool: 'a', id: 'gone', kind: 'log_removed' }]);
});

test.each(['b', `long-${'b'.repeat(100)}`, 'with_underscore'])(
  'sweep removes the logs of the tool %s, whose ledger was deleted',
  async (tool) => {
    const { id } = await start('a');
    await archive('a', id);
    const kept = await archived();
    await archive(tool, 'one');
    await archive(tool, 'two');
    await sweepOf()();
    expect(await archived()).toEqual(kept);
    expect(corrections().map(({ id, kind }) => [id, kind])).toEqual([
      ['one', 'log_removed'],
      ['two', 'log_removed'],
    ]);
    await sweepOf()();
    expect(corrections()).toHaveLength(2);
  },
);

test('sweep removes no object that is not part of an archive, also below logs/', async () => {
  const store = createFolderStore(folder);
  for (const key of ['logs/one', 'logs/some/two', 'logs/some/day/three', 'index.json', 'other/some/day/index.json'])
    await store.put(key, Buffer.from('{}'));
  const kept = await archived();
  await archive('gone', 'one');
  await sweepOf()();
  expect(await archived()).toEqual(kept);
  expect(corrections()).toEqual([{ tool: 'gone', id: 'one', kind: 'log_removed' }]);
});

test('sweep keeps the log of a tool whose first build starts during the sweep', async () => {
  const store = createFolderStore(folder);
  const late: ObjectStore = {
    ...store,
    list: async function* (prefix, after) {
      if (after !== undefined) await archive('new', (await start('new')).id);
      yield* store.list(prefix, after);
    },
  };
  await sweepOf(late)();
  expect(await archived()).toHaveLength(3);
  expect(corrections()).toEqual([]);
});

test('sweep corrects builds and removes no log while the object store is away', async () => {
  const store = createFolderStore(folder);
  await archive('gone', 'one');
  const kept = await archived();
  const away: ObjectStore = {
    ...store,
    list: async function* (prefix, after) {
      for await (const key of store.list(prefix, after)) {
        yield key;
        throw storeFailure(new Error('away'));
      }
    },
  };
  await start('a');
  await start('b');
  const waiting = await start('c');
  world.endRun(0);
  await sweepOf(away)();
  expect(world.liveRuns().map(({ metadata }) => metadata.name)).toContain(waiting.id);
  expect(logged.map(({ message }) => message)).toContain(
    'logs without a build were not looked for; the next sweep tries again',
  );
  expect(await archived()).toEqual(expect.arrayContaining(kept));
});

test.each<[BuildsApiRuns, string[]]>([
  ['adopt', ['one', 'two']],
  ['show', []],
  ['ignore', []],
])('with %s sweep adopts the runs of builds-api of the tools %j, which have no ledger', async (mode, expected) => {
  const { kube } = world.instance({ isImmediate: true }).context;
  const ids = await Promise.all(['one', 'two'].map((tool) => createOldRun(kube, tool)));
  await sweepOf(undefined, mode)();
  const adopted = corrections().filter(({ kind }) => kind === 'adopted');
  expect(adopted.map(({ tool }) => tool).sort()).toEqual(expected);
  expect(adopted.map(({ id }) => id).sort()).toEqual(expected.length === 0 ? [] : ids.sort());
  expect(expected.flatMap((tool) => world.ledger(tool)?.status?.running ?? [])).toHaveLength(expected.length);
  const before = world.writes.length;
  await sweepOf(undefined, mode)();
  expect(world.writes.length).toBe(before);
});
