import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import { findOwned, isTakenByOther, listPodsOf } from '../../../../lib/tekton/owned.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const annotations = (tool: string | undefined) =>
  tool === undefined ? {} : { annotations: { 'builds.toolforge.org/tool': tool } };

const createRun = (name: string, tool: string | undefined): Promise<KubeObject> =>
  cluster.kube().create('pipelineruns', {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, ...annotations(tool) },
    spec: { pipelineRef: { name: 'p' } },
  } as KubeObject);

const createPod = (name: string, tool: string | undefined, run: string): Promise<KubeObject> =>
  cluster.kube().create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'tekton.dev/pipelineRun': run }, ...annotations(tool) },
    spec: { containers: [{ name: 'step-a', image: 'i' }] },
  } as KubeObject);

test('findOwned finds a run of the tool, and no run of another tool, of no tool, or of another name', async () => {
  await createRun('mine', 'tool');
  await createRun('theirs', 'other');
  await createRun('nobodys', undefined);
  const find = (name: string) => findOwned(cluster.kube(), 'pipelineruns', 'tool', name);
  expect((await find('mine'))?.metadata.name).toBe('mine');
  for (const name of ['theirs', 'nobodys', 'missing']) expect(await find(name)).toBeUndefined();
});

test('a tool named like a key that every object inherits owns nothing', async () => {
  await createRun('nobodys', undefined);
  for (const tool of ['constructor', '__proto__', 'toString'])
    expect(await findOwned(cluster.kube(), 'pipelineruns', tool, 'nobodys')).toBeUndefined();
});

test('isTakenByOther tells a run of another tool from a run of the tool and from no run', async () => {
  await createRun('mine', 'tool');
  await createRun('theirs', 'other');
  await createRun('nobodys', undefined);
  const taken = (name: string) => isTakenByOther(cluster.kube(), 'pipelineruns', 'tool', name);
  expect(await Promise.all(['mine', 'missing', 'theirs', 'nobodys'].map(taken))).toEqual([false, false, true, true]);
});

test('listPodsOf leaves out pods of another tool with the id of the build', async () => {
  await createPod('mine', 'tool', 'b-1');
  await createPod('theirs', 'other', 'b-1');
  await createPod('nobodys', undefined, 'b-1');
  await createPod('older', 'tool', 'b-0');
  const { items } = await listPodsOf(cluster.kube(), { tool: 'tool', id: 'b-1' }, new AbortController().signal);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['mine']);
});

const root = join(import.meta.dirname, '../../../..');

/** Files that may read or list runs, TaskRuns, Jobs and pods. Each of them compares the tool. */
const readers = ['lib/builds/observe.ts', 'lib/tekton/owned.ts', 'lib/logs/pod/pod-watch.ts'];

/** Files that read these objects of all tools, and take the tool from the object. */
const readersOfAll = ['events/accept-tekton/handler.ts', 'events/sweep/handler.ts', 'functions/metrics/handler.ts'];

test('only the files that compare the tool read runs, TaskRuns, Jobs and pods', async () => {
  const found: string[] = [];
  for (const folder of ['lib', 'events', 'functions']) {
    const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
    for (const entry of entries.filter(({ name }) => name.endsWith('.ts'))) {
      const path = join(entry.parentPath, entry.name);
      if (/kube\.(get|list|watch)\b/.test(await readFile(path, 'utf8'))) found.push(path.slice(root.length + 1));
    }
  }
  const others = found.filter((path) => ![...readers, ...readersOfAll].includes(path));
  expect(others.sort()).toEqual(['lib/capacity/store.ts', 'lib/ledger/store.ts']);
});
