import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cancelBuild, deleteBuild } from '../../../../lib/builds/cancel.ts';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { fairShares } from '../../../../lib/capacity/state.ts';
import type { CapacityState } from '../../../../lib/capacity/types.ts';
import { type Instance, toolLimit, World } from './world.ts';

/*
 * These tests run the code of the functions against Kubernetes in memory. Every request of every process waits until it
 * is delivered, in an order that fast-check chooses. Processes are killed between any two requests. A reconcile starts
 * at random times or never, as when events are lost, repeated and late.
 */
const slots = 3;
const tools = ['a', 'b', 'c', 'd'];
const hour = 60 * 60 * 1000;

const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('start' as const), by: fc.nat(2), tool: fc.nat(3), key: fc.nat(9) }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('steps' as const),
      at: fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }),
    }),
  },
  // The generated command `only` delivers the requests of a single process, while all other processes wait.
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('only' as const), by: fc.nat(2), times: fc.nat(60) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('event' as const), by: fc.nat(2), tool: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), by: fc.nat(2), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), by: fc.nat(2), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), by: fc.nat(2), dropped: fc.nat(7) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

type Scenario = {
  world: World;
  instances: Instance[];
  accepted: { tool: string; id: string }[];
  deleted: Set<string>;
  byKey: Map<string, Set<string>>;
};

/**
 * Starts a process. The clock of process 0 is an hour ahead, so it takes the starts of other processes for abandoned.
 */
const startInstance = (world: World, at: number): Instance => world.instance({ skewMs: at === 0 ? hour : 0 });

const ignore = (work: Promise<unknown>): void => void work.catch(() => undefined);

const startNext = (
  { instances, accepted, byKey }: Scenario,
  { by, tool: at, key }: Command & { kind: 'start' },
): void => {
  const tool = tools[at] ?? 'a';
  const idempotencyKey = key < 3 ? `k${key}` : undefined;
  const context = instances[by]?.context as Instance['context'];
  const given = { source_url: 'https://example.org/x' };
  const started = startBuild(context, tool, given, idempotencyKey, new AbortController().signal).then(({ id }) => {
    accepted.push({ tool, id });
    if (!idempotencyKey) return;
    const known = byKey.get(`${tool} ${idempotencyKey}`) ?? new Set();
    byKey.set(`${tool} ${idempotencyKey}`, known.add(id));
  });
  ignore(started);
};

type Ending = Command & { kind: 'cancel' | 'delete' };

const endBuild = ({ instances, accepted, deleted }: Scenario, { kind, by, at }: Ending): void => {
  const context = instances[by]?.context as Instance['context'];
  const build = accepted[at % Math.max(1, accepted.length)];
  if (!build) return;
  if (kind === 'delete') deleted.add(build.id);
  ignore((kind === 'delete' ? deleteBuild : cancelBuild)(context, build.tool, build.id));
};

const kill = ({ world, instances }: Scenario, { by, dropped }: Command & { kind: 'kill' }): void => {
  world.kill(instances[by] as Instance, (at) => (at + dropped) % 2 === 0);
  instances[by] = startInstance(world, by);
};

const run = async (scenario: Scenario, c: Command): Promise<void> => {
  const { world, instances } = scenario;
  if (c.kind === 'start') startNext(scenario, c);
  if (c.kind === 'end') world.endRun(c.at);
  if (c.kind === 'event') ignore(reconcile(instances[c.by]?.context as Instance['context'], tools[c.tool] ?? 'a'));
  if (c.kind === 'cancel' || c.kind === 'delete') endBuild(scenario, c);
  if (c.kind === 'kill') kill(scenario, c);
  if (c.kind === 'only') for (let at = 0; at < c.times; at++) await world.step(0, instances[c.by]);
  for (const at of c.kind === 'steps' ? c.at : [0]) await world.step(at);
};

const play = async (commands: readonly Command[]): Promise<Scenario> => {
  const world = new World(slots);
  const instances = [0, 1, 2].map((at) => startInstance(world, at));
  const scenario: Scenario = { world, instances, accepted: [], deleted: new Set(), byKey: new Map() };
  for (const c of commands) await run(scenario, c);
  // At the end all pending requests are delivered, so every process finishes its work.
  while (await world.step(0));
  return scenario;
};

const sweep = async (world: World): Promise<void> => {
  const { context } = world.instance({ skewMs: 2 * hour, isImmediate: true });
  for (const tool of tools) await reconcile(context, tool);
};

const sweepUntilAllBuildsEnded = async (world: World): Promise<void> => {
  world.deleteReleasedRuns();
  for (let round = 0; round < 100; round++) {
    await sweep(world);
    if (world.liveRuns().length === 0) break;
    while (world.liveRuns().length > 0) world.endRun(0);
  }
};

const capacityOf = (world: World): CapacityState =>
  ({ claims: [], waiting: [], ...world.capacity()?.status }) as unknown as CapacityState;

const commands = fc.array(command, { minLength: 20, maxLength: 120, size: 'max' });
const numRuns = Number(process.env.PROPERTY_RUNS ?? 60);

describe('property: with lost, repeated and late events and killed processes', () => {
  test('limits and capacity hold at every moment, accepted builds end, one key gives one build, and no build overtakes another', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const { world, accepted, deleted, byKey } = await play(all);
        await sweepUntilAllBuildsEnded(world);
        expect(world.mostRuns.all).toBeLessThanOrEqual(slots);
        for (const most of world.mostRuns.byTool.values()) expect(most).toBeLessThanOrEqual(toolLimit);
        expect(world.overtaken).toEqual([]);
        for (const ids of byKey.values()) expect(ids.size).toBe(1);
        for (const { tool, id } of accepted) {
          const finished = world.ledger(tool)?.status?.finished ?? [];
          expect(deleted.has(id) || finished.some((build) => build.id === id)).toBe(true);
        }
        expect(capacityOf(world)).toMatchObject({ claims: [], waiting: [] });
      }),
      { numRuns },
    );
  }, 120_000);

  test('after one sweep the ledger, the capacity and the runs agree, and no slot is free while a tool waits', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const { world } = await play(all);
        world.deleteReleasedRuns();
        await sweep(world);
        const capacity = capacityOf(world);
        for (const tool of tools) {
          const { running = [], queued = [] } = world.ledger(tool)?.status ?? {};
          const ids = running.map(({ id }) => id).sort();
          const claims = capacity.claims.filter((claim) => claim.tool === tool);
          expect(claims.map(({ id }) => id).sort()).toEqual(ids);
          expect(claims.filter(({ revoked }) => revoked)).toEqual([]);
          const live = world.liveRuns().filter(({ metadata }) => metadata.labels?.user === tool);
          expect(live.map(({ metadata }) => metadata.name).sort()).toEqual(ids);
          const wants = Math.min(queued.length, toolLimit - running.length);
          expect(capacity.waiting.find((waiting) => waiting.tool === tool)?.wants ?? 0).toBe(wants);
        }
        expect(fairShares(capacity, slots)).toEqual(new Map());
      }),
      { numRuns },
    );
  }, 120_000);
});
