import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BuildLedger } from '../../../../lib/ledger/types.ts';
import { archivePrefix } from '../../../../lib/logs/archive/archive-index.ts';
import { createFolderStore } from '../../../../lib/store/folder.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { toolAnnotation } from '../../../../lib/tekton/run.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { oldRun } from '../../../support/builds-api-run.ts';
import { World } from '../../lib/builds/world.ts';
import { type Line, startIn, sweepIn } from './sweep-in.ts';

let folder: string;
let store: ObjectStore;
let world: World;
let logged: Line[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'select-'));
  store = createFolderStore(folder);
  world = new World(2);
  world.deleteReleasedRuns();
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes the ledger of the tool `broken`, whose finished builds are no list, as no release of this service does. */
const writeBrokenLedger = async () => {
  const { kube } = world.instance({ isImmediate: true }).context;
  const made = await kube.create<BuildLedger>('buildledgers', {
    ...{ apiVersion: 'builds.toolforge.org/v1alpha1', kind: 'BuildLedger' },
    ...{ metadata: { name: 'broken' }, spec: { tool: 'broken' } },
  });
  await kube.replaceStatus('buildledgers', { ...made, status: { finished: null } as unknown as BuildLedger['status'] });
};

const unswept = () => logged.filter(({ message }) => message === 'a tool was not swept; the next sweep tries again');

test('sweep corrects all other tools where a ledger cannot be judged, and logs the tool of that ledger once', async () => {
  const { id } = await startIn(world, 'a');
  world.endRun(0);
  await writeBrokenLedger();
  await createOwnRun('broken', 'run-of-broken');
  await store.put(`${archivePrefix('broken', 'gone')}index.json`, Buffer.from('{}'));
  await sweepIn(world, { store }, logged)();
  expect(logged).toContainEqual({ message: 'sweep corrected', tool: 'a', id, kind: 'finished' });
  expect(unswept().map(({ tool }) => tool)).toEqual(['broken']);
});

/** Creates a run with the annotation of this service. */
const createOwnRun = async (tool: string, name: string, labels: Record<string, string> = { user: tool }) => {
  const { kube } = world.instance({ isImmediate: true }).context;
  const run = oldRun(tool);
  const metadata = { name, annotations: { [toolAnnotation]: tool }, labels };
  return kube.create<PipelineRun>('pipelineruns', { ...run, metadata } as PipelineRun);
};

test('sweep corrects all other tools where a run cannot be judged, and logs the tool of that run', async () => {
  const { id } = await startIn(world, 'a');
  world.endRun(0);
  const { kube } = world.instance({ isImmediate: true }).context;
  const run = await createOwnRun('broken', 'run-of-broken');
  const status = { conditions: [null] } as unknown as NonNullable<PipelineRun['status']>;
  await kube.replaceStatus('pipelineruns', { ...run, status });
  await sweepIn(world, { store }, logged)();
  expect(logged).toContainEqual({ message: 'sweep corrected', tool: 'a', id, kind: 'finished' });
  expect(unswept().map(({ tool }) => tool)).toEqual(['broken']);
});

test('sweep selects no tool for a run without the label by which a reconcile lists runs', async () => {
  await createOwnRun('unlabelled', 'some-run', {});
  await createOwnRun('mislabelled', 'other-run', { user: 'another' });
  await sweepIn(world, { store }, logged)();
  const before = world.requests;
  await sweepIn(world, { store }, logged)();
  expect(world.requests - before).toBeLessThan(6);
  expect(logged).toEqual([]);
});
