import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartContext, startBuild } from '../../../../lib/builds/start.ts';
import type { BuildCapacity } from '../../../../lib/capacity/types.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startContext } from './context.ts';

const limits = { running: 4, queued: 1000, succeeded: 10, failed: 10 };
let cluster: TestCluster;

beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

const contextOf = (slots: number | undefined): StartContext => startContext(cluster.kube(), { limits, slots });

const start = (context: StartContext, tool = 'mine') =>
  startBuild(context, tool, { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);

const writes = async (act: () => Promise<unknown>): Promise<string[]> => {
  const from = cluster.requests.length;
  await act();
  return cluster.requests
    .slice(from)
    .filter((request) => !request.startsWith('GET'))
    .map((request) => request.replace(/ .*\//, ' ').replace(/^PUT status/, 'PUT'));
};

describe.each([
  [undefined, 2],
  [50, 3],
])('with a capacity of %p, start', (slots, expected) => {
  test(`needs ${expected} writes`, async () => {
    const context = contextOf(slots);
    await start(context);
    expect(await writes(() => start(context))).toHaveLength(expected);
  });

  test('writes a hundred simultaneous builds in batches', async () => {
    const context = contextOf(slots);
    const all = await writes(() => Promise.all(Array.from({ length: 100 }, () => start(context))));
    const runs = all.filter((request) => request === 'POST pipelineruns');
    expect(runs).toHaveLength(4);
    expect(all.length - runs.length).toBeLessThanOrEqual(slots === undefined ? 3 : 6);
  });
});

test('simultaneous starts of many tools share the writes of the capacity', async () => {
  const context = contextOf(10);
  const tools = Array.from({ length: 50 }, (_, at) => `tool-${at}`);
  const all = await writes(() => Promise.all(tools.map((tool) => start(context, tool))));
  expect(all.filter((request) => request === 'POST pipelineruns')).toHaveLength(10);
  const { status } = await cluster.kube().get<BuildCapacity>('buildcapacities', 'builds');
  expect(status?.claims).toHaveLength(10);
  expect(status?.waiting).toHaveLength(40);
  expect(status?.summary).toEqual({ running: 10, slots: 10, waiting: 40 });
});

test('no start fails when many processes write at once', async () => {
  const contexts = Array.from({ length: 8 }, () => contextOf(10));
  const started = contexts.flatMap((context, at) => [0, 1].map((nth) => start(context, `tool-${at}-${nth}`)));
  expect((await Promise.all(started)).filter(({ position }) => position === 0)).toHaveLength(10);
});

test('start writes no BuildCapacity where the capacity is not limited', async () => {
  const all = await writes(() => start(contextOf(undefined)));
  expect(all).toHaveLength(3);
  await expect(cluster.kube().get('buildcapacities', 'builds')).rejects.toMatchObject({ status: 404 });
});
