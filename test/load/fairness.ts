/**
 * Simulates how long the first builds of tools wait while another tool floods the service, with the state machines that
 * the functions use.
 * Prints a table in Markdown: npm run bench:fairness [-- TOOLS SLOTS].
 */
import { pathToFileURL } from 'node:url';
import { admit, type ClaimRequest, emptyCapacity, fairShares } from '../../lib/capacity/state.ts';
import { claimRequest } from '../../lib/ledger/claims.ts';
import { emptyState, finish, promote, start } from '../../lib/ledger/state.ts';
import type { Ending, LedgerState, Limits } from '../../lib/ledger/types.ts';
import { quantile } from '../support/quantile.ts';

export type Scenario = {
  tools: number;
  slots: number;
  /** Second until which a flooding tool keeps its queue full. Then this tool and its builds are removed. */
  floodUntil: number;
  /** Duration of every build in seconds. */
  duration: number;
  /** Every tool except the flooding one starts one to three builds at once, at a random second below this number. */
  over: number;
  seed: number;
};

export type Result = {
  /** Seconds that the first build of each tool waited, by tool. */
  firstWaits: Map<string, number>;
  /** Second at which each tool started its first build, by tool. */
  cameAt: Map<string, number>;
  /** Largest number of slots that the flooding tool got while the first build of another tool waited. */
  turns: number;
  mostRunning: number;
  finished: number;
};

const limits: Limits = { running: 4, queued: 10, succeeded: 1, failed: 1 };
const flooder = 'flood';

/** Returns a generator of pseudo-random numbers (Mulberry32). The same seed gives the same numbers. */
const random = (seed: number) => {
  let a = seed;
  return (): number => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

type ScheduledEvent = { at: number; run: () => void };

/** A queue of events in the order of their times. Events of the same time keep the order in which they were added. */
class EventQueue {
  readonly #heap: (ScheduledEvent & { order: number })[] = [];
  #order = 0;

  get length(): number {
    return this.#heap.length;
  }

  add(event: ScheduledEvent): void {
    this.#order += 1;
    this.#heap.push({ ...event, order: this.#order });
    this.#rise(this.#heap.length - 1);
  }

  next(): ScheduledEvent | undefined {
    this.#swap(0, this.#heap.length - 1);
    const first = this.#heap.pop();
    if (this.#heap.length > 0) this.#sink(0);
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (!x || !y) return false;
    return x.at < y.at || (x.at === y.at && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (!x || !y) return;
    [this.#heap[a], this.#heap[b]] = [y, x];
  }

  #sink(at: number): void {
    const child = this.#isBefore(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
    if (child >= this.#heap.length || !this.#isBefore(child, at)) return;
    this.#swap(at, child);
    this.#sink(child);
  }

  #rise(at: number): void {
    const parent = Math.floor((at - 1) / 2);
    if (at === 0 || !this.#isBefore(at, parent)) return;
    this.#swap(at, parent);
    this.#rise(parent);
  }
}

const success = (at: Date): Ending => ({
  status: 'BUILD_SUCCESS',
  message: '',
  finishedAt: at.toISOString(),
  log: 'complete',
});

type Change = (state: LedgerState, limits: Limits, now: Date) => LedgerState;

/** Simulates the service without waiting: ledgers and the capacity change as the functions would change them. */
class Simulation {
  readonly #scenario: Scenario;
  readonly #events = new EventQueue();
  readonly #ledgers = new Map<string, LedgerState>();
  /** The second at which each build was accepted, and the number of the flooding tool's builds started by then. */
  readonly #accepted = new Map<string, { at: number; floodStarts: number }>();
  readonly #result: Result = { firstWaits: new Map(), cameAt: new Map(), turns: 0, mostRunning: 0, finished: 0 };
  #capacity = emptyCapacity;
  #time = 0;
  #builds = 0;
  #floodStarts = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  run(): Result {
    const { floodUntil, over } = this.#scenario;
    this.#scheduleTools();
    if (floodUntil > 0) this.#events.add({ at: 0, run: () => this.#refillFlood() });
    if (floodUntil < over) this.#events.add({ at: floodUntil, run: () => this.#endFlood() });
    while (this.#events.length > 0) {
      const event = this.#events.next();
      this.#time = event?.at ?? this.#time;
      event?.run();
    }
    return this.#result;
  }

  #scheduleTools(): void {
    const { tools, over, seed } = this.#scenario;
    const chance = random(seed);
    for (let at = 0; at < tools; at += 1) {
      const [tool, cameAt, builds] = [`tool-${at}`, chance() * over, 1 + Math.floor(chance() * 3)];
      for (let build = 0; build < builds; build += 1)
        this.#events.add({ at: cameAt, run: () => this.#startBuild(tool) });
    }
  }

  #now(): Date {
    return new Date(this.#time * 1000);
  }

  #ledgerOf(tool: string): LedgerState {
    return this.#ledgers.get(tool) ?? emptyState;
  }

  /** Changes the ledger of a tool and the capacity, as lib/ledger/store.ts does in three requests. */
  #change(tool: string, change: Change): void {
    const before = this.#ledgerOf(tool);
    const request = claimRequest(tool, before, change(before, limits, this.#now()), limits);
    const claimed = this.#admit(request);
    const after = change(before, { ...limits, claimed }, this.#now());
    this.#ledgers.set(tool, after);
    const ranBefore = new Set(before.running.map(({ id }) => id));
    for (const { id } of after.running.filter((build) => !ranBefore.has(build.id))) this.#buildStarted(tool, id);
  }

  #admit(request: ClaimRequest | undefined): ReadonlySet<string> {
    if (!request) return new Set();
    const { state, result } = admit(this.#capacity, request, this.#scenario.slots, this.#now());
    this.#capacity = state;
    this.#result.mostRunning = Math.max(this.#result.mostRunning, state.claims.length);
    return result;
  }

  #startBuild(tool: string): void {
    const id = `${tool}-${this.#builds++}`;
    const build = { id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' };
    this.#accepted.set(id, { at: this.#time, floodStarts: this.#floodStarts });
    this.#change(tool, (state, own, now) => start(state, build, undefined, own, now).state);
  }

  #buildStarted(tool: string, id: string): void {
    if (tool === flooder) this.#floodStarts += 1;
    else if (!this.#result.firstWaits.has(tool)) this.#noteFirstWait(tool, id);
    this.#events.add({ at: this.#time + this.#scenario.duration, run: () => this.#endBuild(tool, id) });
  }

  #noteFirstWait(tool: string, id: string): void {
    const accepted = this.#accepted.get(id) ?? { at: this.#time, floodStarts: this.#floodStarts };
    this.#result.firstWaits.set(tool, this.#time - accepted.at);
    this.#result.cameAt.set(tool, accepted.at);
    this.#result.turns = Math.max(this.#result.turns, this.#floodStarts - accepted.floodStarts);
  }

  #endBuild(tool: string, id: string): void {
    const { over, floodUntil } = this.#scenario;
    this.#result.finished += 1;
    this.#change(tool, (state, own, now) => finish(state, id, success(now), own, now));
    this.#dispatch();
    if (tool === flooder && this.#time < Math.min(over, floodUntil)) this.#refillFlood();
  }

  /** Gives free slots of the cluster to the tools whose turn it is, as lib/builds/dispatch.ts does. */
  #dispatch(): void {
    for (const tool of fairShares(this.#capacity, this.#scenario.slots).keys()) this.#change(tool, promote);
  }

  #refillFlood(): void {
    while (this.#ledgerOf(flooder).queued.length < limits.queued) this.#startBuild(flooder);
  }

  #endFlood(): void {
    this.#ledgers.delete(flooder);
    this.#capacity = {
      ...this.#capacity,
      claims: this.#capacity.claims.filter(({ tool }) => tool !== flooder),
      waiting: this.#capacity.waiting.filter(({ tool }) => tool !== flooder),
    };
    this.#dispatch();
  }
}

/**
 * Returns by how much a flooding tool delays the first builds of about `sample` other tools, in multiples of a build's
 * duration. Each delay compares the scenario with a scenario in which the flood ends when the delayed tool starts its
 * first build.
 */
export const delays = (scenario: Omit<Scenario, 'floodUntil'>, sample: number) => {
  const flooded = new Simulation({ ...scenario, floodUntil: Number.POSITIVE_INFINITY }).run();
  const tools = [...flooded.cameAt].filter((_, at) => at % Math.ceil(scenario.tools / sample) === 0);
  const firstWait = ({ firstWaits }: Result, tool: string) => firstWaits.get(tool) ?? 0;
  const delay = ([tool, cameAt]: [string, number]): number => {
    const without = new Simulation({ ...scenario, floodUntil: cameAt }).run();
    return (firstWait(flooded, tool) - firstWait(without, tool)) / scenario.duration;
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
