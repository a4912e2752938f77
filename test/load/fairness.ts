/**
 * How long tools wait while one of them floods, with the state machines that the functions use and time that costs
 * nothing: npm run bench:fairness [-- TOOLS SLOTS]. Prints a table in Markdown.
 */
import { pathToFileURL } from 'node:url';
import { admit, emptyCapacity, fairShares } from '../../lib/capacity/state.ts';
import { emptyState, finish, promote, start, waitingSince } from '../../lib/ledger/state.ts';
import type { Ending, LedgerState, Limits } from '../../lib/ledger/types.ts';
import { quantile } from '../support/quantile.ts';

export type Scenario = {
  tools: number;
  slots: number;
  /** Until this second one more tool always has as many builds waiting as it may; then it is gone, and its builds too. */
  floodUntil: number;
  /** Seconds of every build: one slot's time. */
  duration: number;
  /** Seconds over which the others come, each with one to three builds at once. */
  over: number;
  seed: number;
};

export type Outcome = {
  /** Seconds that each tool's first build waited, by tool. */
  firstWaits: Map<string, number>;
  /** The second at which each came. */
  came: Map<string, number>;
  /** Most slots that the flooding tool got while another's first build waited. */
  turns: number;
  mostRunning: number;
  finished: number;
};

const limits: Limits = { running: 4, queued: 10, succeeded: 1, failed: 1 };
const flooder = 'flood';

/** Mulberry32: the same numbers for the same seed. */
const random = (seed: number) => {
  let a = seed;
  return (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

type Happening = { at: number; act: () => void };

/** Happenings in the order of their times; those of one time in the order in which they came. */
const createClock = () => {
  const heap: (Happening & { order: number })[] = [];
  let order = 0;
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [heap[a], heap[b]];
    if (!x || !y) return false;
    return x.at < y.at || (x.at === y.at && x.order < y.order);
  };
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b] as (typeof heap)[number], heap[a] as (typeof heap)[number]];
  };
  const sink = (at: number): void => {
    const child = isBefore(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
    if (child >= heap.length || !isBefore(child, at)) return;
    swap(at, child);
    sink(child);
  };
  const rise = (at: number): void => {
    const parent = Math.floor((at - 1) / 2);
    if (at === 0 || !isBefore(at, parent)) return;
    swap(at, parent);
    rise(parent);
  };
  return {
    add: (happening: Happening): void => {
      order += 1;
      heap.push({ ...happening, order });
      rise(heap.length - 1);
    },
    next: (): Happening | undefined => {
      swap(0, heap.length - 1);
      const first = heap.pop();
      if (heap.length > 0) sink(0);
      return first;
    },
    get length() {
      return heap.length;
    },
  };
};

const done = (at: Date): Ending => ({
  status: 'BUILD_SUCCESS',
  message: '',
  finishedAt: at.toISOString(),
  log: 'complete',
});

type Change = (state: LedgerState, limits: Limits, now: Date) => LedgerState;

const missing = <T extends { id: string }>(first: readonly T[], second: readonly T[]): T[] => {
  const ids = new Set(second.map(({ id }) => id));
  return first.filter(({ id }) => !ids.has(id));
};

export const simulate = ({ tools, slots, floodUntil, duration, over, seed }: Scenario): Outcome => {
  const clock = createClock();
  const chance = random(seed);
  const ledgers = new Map<string, LedgerState>();
  const accepted = new Map<string, { at: number; floodStarts: number }>();
  const outcome: Outcome = { firstWaits: new Map(), came: new Map(), turns: 0, mostRunning: 0, finished: 0 };
  let capacity = emptyCapacity;
  let time = 0;
  let serial = 0;
  const now = () => new Date(time * 1000);
  const of = (tool: string) => ledgers.get(tool) ?? emptyState;

  let floodStarts = 0;
  const begun = (tool: string, id: string): void => {
    if (tool === flooder) floodStarts += 1;
    else if (!outcome.firstWaits.has(tool)) {
      const came = accepted.get(id) ?? { at: time, floodStarts };
      outcome.firstWaits.set(tool, time - came.at);
      outcome.came.set(tool, came.at);
      outcome.turns = Math.max(outcome.turns, floodStarts - came.floodStarts);
    }
    clock.add({ at: time + duration, act: () => ended(tool, id) });
  };

  /** As lib/ledger/store.ts does it, in three requests. */
  const change = (tool: string, act: Change): void => {
    const before = of(tool);
    const wish = act(before, limits, now());
    const promoted = missing(wish.running, before.running);
    const wanted = promoted.map(({ id }) => id);
    const gone = missing(before.running, wish.running).map(({ id }) => id);
    const since = waitingSince(gone.length > 0 ? wish : before, promoted[0]);
    const admitted = admit(capacity, { tool, ended: gone, wanted, since, limit: limits.running }, slots, now());
    capacity = admitted.state;
    const after = act(before, { ...limits, claimed: admitted.result }, now());
    ledgers.set(tool, after);
    outcome.mostRunning = Math.max(outcome.mostRunning, capacity.claims.length);
    for (const { id } of missing(after.running, before.running)) begun(tool, id);
  };

  const begin = (tool: string): void => {
    const id = `${tool}-${serial++}`;
    const entry = { id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' };
    accepted.set(id, { at: time, floodStarts });
    change(tool, (state, own, at) => start(state, entry, undefined, own, at).state);
  };

  const refill = (): void => {
    while (of(flooder).queued.length < limits.queued) begin(flooder);
  };

  /** As lib/builds/dispatch.ts does. */
  const dispatch = (): void => {
    for (const tool of fairShares(capacity, slots).keys()) change(tool, promote);
  };

  const ended = (tool: string, id: string): void => {
    outcome.finished += 1;
    change(tool, (state, own, at) => finish(state, id, done(at), own, at));
    dispatch();
    if (tool === flooder && time < Math.min(over, floodUntil)) refill();
  };

  for (let at = 0; at < tools; at += 1) {
    const [tool, come, builds] = [`tool-${at}`, chance() * over, 1 + Math.floor(chance() * 3)];
    for (let build = 0; build < builds; build += 1) clock.add({ at: come, act: () => begin(tool) });
  }
  const vanish = (): void => {
    ledgers.delete(flooder);
    capacity = {
      ...capacity,
      claims: capacity.claims.filter(({ tool }) => tool !== flooder),
      waiting: capacity.waiting.filter(({ tool }) => tool !== flooder),
    };
    dispatch();
  };
  if (floodUntil > 0) clock.add({ at: 0, act: refill });
  if (floodUntil < over) clock.add({ at: floodUntil, act: vanish });
  while (clock.length > 0) {
    const happening = clock.next();
    time = happening?.at ?? time;
    happening?.act();
  }
  return outcome;
};

/**
 * By how much the flood delays the first builds of some tools, in slots' times: each of these against the same world in
 * which the flood is gone in the moment that this tool comes.
 */
export const delays = (scenario: Omit<Scenario, 'floodUntil'>, sample: number) => {
  const flooded = simulate({ ...scenario, floodUntil: Number.POSITIVE_INFINITY });
  const tools = [...flooded.came].filter((_, at) => at % Math.ceil(scenario.tools / sample) === 0);
  const of = ({ firstWaits }: Outcome, tool: string) => firstWaits.get(tool) ?? 0;
  const delay = ([tool, came]: [string, number]): number => {
    const without = simulate({ ...scenario, floodUntil: came });
    return (of(flooded, tool) - of(without, tool)) / scenario.duration;
  };
  return { flooded, delays: tools.map(delay) };
};

const row = (scenario: Omit<Scenario, 'floodUntil'>): string => {
  const result = delays(scenario, 10);
  const load = (scenario.tools * 2 * scenario.duration) / (scenario.over * scenario.slots);
  const waits = [...result.flooded.firstWaits.values()];
  const figures = [quantile(waits, 0.5), quantile(waits, 0.99), quantile(waits, 1)].map((wait) =>
    (wait / scenario.duration).toFixed(2),
  );
  const most = Math.max(...result.delays).toFixed(2);
  return `| ${load.toFixed(1)} | ${figures.join(' | ')} | ${most} | ${result.flooded.turns} |`;
};

const main = (tools: number, slots: number): void => {
  const title = `${tools} tools of one to three builds, ${slots} slots, one tool that floods; waits of first builds in slots' times`;
  const head = [
    'load of the others',
    'median',
    '99 %',
    'longest',
    'longest delay by the flood',
    'most turns of the flood meanwhile',
  ];
  const duration = 120;
  const rows = [0.5, 0.9, 1.5, 5].map((load) =>
    row({ tools, slots, duration, over: (tools * 2 * duration) / (load * slots), seed: 1 }),
  );
  console.log([title, '', `| ${head.join(' | ')} |`, '|---|---|---|---|---|---|', ...rows].join('\n'));
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  main(Number(process.argv[2] ?? 3000), Number(process.argv[3] ?? 20));
