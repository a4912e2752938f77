import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withSweep } from '../disruptions/disruptions.ts';
import { openService, type Service, type Tool } from '../service/service.ts';
import {
  allFinished,
  killFunctions,
  ledgersOf,
  overtaken,
  type Started,
  startOnce,
  unfair,
  unwanted,
  watchRuns,
  withCapacity,
  withLimits,
} from './load.ts';
import { withUnreliableEvents } from './unreliable-events.ts';

const hour = 60 * 60 * 1000;
const limit = 4;
const queue = 10;
const capacity = 10;

let service: Service;
let url: string;

beforeEach(async () => {
  service = await openService();
  url = await service.repository('unwanted', unwanted);
});
afterEach(() => service.close(), hour);

const toolsOf = async (count: number): Promise<Tool[]> => {
  const tools: Tool[] = [];
  for (let at = 0; at < count; at += 1) tools.push(await service.tool());
  for (const tool of tools) await withLimits(service, tool, { running: limit, queued: queue });
  return tools;
};

const startAll = (tools: readonly Tool[], each: number): Promise<Started[]> =>
  Promise.all(
    Array.from({ length: each }, () => tools).flatMap((all) => all.map((tool) => startOnce(tool, url, randomUUID()))),
  );

const idsOf = (started: readonly Started[]): string[] =>
  started
    .filter(({ status }) => status === 200)
    .map(({ id }) => id)
    .sort();

/** Starts `each` builds of every tool, and watches their runs until the last run has ended. */
const run = async (tools: readonly Tool[], each: number) => {
  const runs = await watchRuns(tools);
  try {
    const started = await startAll(tools, each);
    const finished = await allFinished(service, tools, hour);
    return { started, finished, most: runs.most, ledgers: await ledgersOf(service, tools) };
  } finally {
    await runs.close();
  }
};

const oneTool = async (): Promise<void> => {
  const tools = await toolsOf(1);
  const { started, finished, most, ledgers } = await run(tools, 100);
  expect(new Set(started.map(({ status }) => status))).toEqual(new Set([200, 409]));
  expect(idsOf(started).length).toBeGreaterThanOrEqual(limit + queue);
  expect(finished.map(({ id }) => id).sort()).toEqual(idsOf(started));
  expect(most.all).toBe(limit);
  expect(ledgers.flatMap(overtaken)).toEqual([]);
};

const fiftyTools = async (): Promise<void> => {
  const tools = await toolsOf(50);
  const { started, finished, most, ledgers } = await withCapacity(service, capacity, () => run(tools, 4));
  expect(started.map(({ status }) => status)).toEqual(started.map(() => 200));
  expect(finished.map(({ id }) => id).sort()).toEqual(idsOf(started));
  expect(most.all).toBeLessThanOrEqual(capacity);
  expect(Math.max(...most.byTool.values())).toBeLessThanOrEqual(limit);
  expect(ledgers.flatMap(overtaken)).toEqual([]);
  return expect(unfair(ledgers)).toEqual([]);
};

describe('load without disturbances', () => {
  test('a hundred starts at once for one tool keep its limit and order', oneTool, hour);
  test('two hundred starts of fifty tools share the slots of the cluster', fiftyTools, hour);

  test(
    'fifty starts at once with the same Idempotency-Key make one build and get equal responses',
    async () => {
      const [tool] = (await toolsOf(1)) as [Tool];
      const runs = await watchRuns([tool]);
      const started = await Promise.all(Array.from({ length: 50 }, () => startOnce(tool, url, 'one-key')));
      expect(new Set(started.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      await allFinished(service, [tool], hour);
      await runs.close();
      expect(runs.created).toEqual([started[0]?.id]);
    },
    hour,
  );
});

describe('load with lost, doubled and shuffled events, and a function killed every five seconds', () => {
  const disturbed = async (work: () => Promise<void>): Promise<void> => {
    const stop = killFunctions(service);
    try {
      await withUnreliableEvents(service, () => withSweep(service, work));
    } finally {
      await stop();
    }
  };

  test(
    'a hundred starts at once for one tool keep its limit and order despite disturbances',
    () => disturbed(oneTool),
    hour,
  );
  test(
    'two hundred starts of fifty tools share the slots of the cluster despite disturbances',
    () => disturbed(fiftyTools),
    hour,
  );
});
