import { randomUUID } from 'node:crypto';
import { admit, isFilledByUnknownClaims } from '../capacity/state.ts';
import type { Capacity } from '../capacity/store.ts';
import { ApiError } from '../errors.ts';
import {
  applyAll,
  type Batch,
  type BatchedWritesOptions,
  createBatchedWrites,
  type Change as KubeChange,
  written,
} from '../kube/batched-writes.ts';
import type { Kube } from '../kube/client.ts';
import { ifFound, KubeError } from '../kube/kube-error.ts';
import { claimRequest } from './claims.ts';
import { ledgerName } from './names.ts';
import { emptyState, type Limits } from './state.ts';
import type { BuildLedger, LedgerState, Summary } from './types.ts';

export type LedgerView = { state: LedgerState; limits: Limits };
/** Pure: may be applied several times before it is written. Returning the same state writes nothing. */
export type LedgerChange<T> = KubeChange<LedgerView, LedgerState, T>;

export type Ledger = {
  /** An unknown tool has an empty ledger. */
  read(tool: string, signal?: AbortSignal): Promise<LedgerView>;
  /**
   * Applies the change by compare-and-swap until it holds. Changes for one tool that wait for each other are folded
   * into one write. Where there is a capacity, a build is promoted only when it holds a claim on it.
   * @throws ApiError 409 `conflict` when other writers are always faster
   */
  change<T>(tool: string, change: LedgerChange<T>): Promise<T>;
  /** Writes the ledger as it is, so that whoever has read it must read it again. @returns what it holds */
  fence(tool: string): Promise<LedgerState>;
  /** Every tool that has a ledger. */
  tools(): Promise<string[]>;
  /** Every ledger there is, by its tool. */
  all(signal?: AbortSignal): Promise<Map<string, LedgerView>>;
};

export type LedgerOptions = {
  capacity?: Capacity | undefined;
  sleep?: NonNullable<BatchedWritesOptions<never, never>['sleep']>;
};

const stateOf = (ledger: BuildLedger | undefined): LedgerState => {
  const { summary: _, ...state } = ledger?.status ?? {};
  return { ...emptyState, ...state };
};

const summaryOf = ({ running, queued, finished }: LedgerState, limits: Limits): Summary => ({
  running: running.length,
  limit: limits.running,
  queued: queued.length,
  finished: finished.length,
});

type Claimed = { ids: ReadonlySet<string>; isCrowded: boolean };

/** Too busy is no reason to refuse a build: it waits. */
const unlessBusy = async (claims: Promise<Claimed>): Promise<Claimed> => {
  try {
    return await claims;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'conflict') return { ids: new Set(), isCrowded: false };
    throw error;
  }
};

/**
 * So often a build is not queued before others of its tool that hold claims but are not in the ledger yet: it would
 * keep them from running, and they it. After that they are claims that somebody left behind.
 */
const maxTriesInCrowd = 8;

export const createLedger = (kube: Kube, defaults: Limits, options: LedgerOptions = {}): Ledger => {
  const { capacity } = options;

  const find = async (tool: string, signal?: AbortSignal): Promise<BuildLedger | undefined> => {
    const name = ledgerName(tool);
    const ledger = await ifFound(kube.get<BuildLedger>('buildledgers', name, signal));
    if (ledger && ledger.spec.tool !== tool) throw new Error(`ledger ${name} belongs to ${ledger.spec.tool}`);
    return ledger;
  };

  const viewOf = (ledger: BuildLedger | undefined): LedgerView => ({
    state: stateOf(ledger),
    limits: { ...defaults, ...ledger?.spec.limits },
  });

  const create = (tool: string): Promise<BuildLedger> =>
    kube.create<BuildLedger>('buildledgers', {
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildLedger',
      metadata: { name: ledgerName(tool) },
      spec: { tool },
    });

  const write = async (ledger: BuildLedger, { state, limits }: LedgerView): Promise<void> => {
    await written(
      kube.replaceStatus('buildledgers', { ...ledger, status: { ...state, summary: summaryOf(state, limits) } }),
    );
  };

  /** Which of the builds that the change would promote may be; undefined when all may. */
  const claim = async (tool: string, { state: before, limits }: LedgerView, wish: LedgerState, tried: number) => {
    const slots = capacity?.slots;
    const ask = claimRequest(tool, before, wish, limits);
    if (!capacity || slots === undefined || !ask) return undefined;
    const builds = new Set(wish.running.map(({ id }) => id));
    const { ids, isCrowded: crowd } = await unlessBusy(
      capacity.change((seen) => {
        const { state, result } = admit(seen, ask, slots, new Date());
        return { state, result: { ids: result, isCrowded: isFilledByUnknownClaims(state, ask, builds) } };
      }),
    );
    if (ask.wanted.every((id) => ids.has(id))) return undefined;
    if (crowd && tried < maxTriesInCrowd) throw new KubeError(409, 'Conflict', 'others of this tool are being started');
    return ids;
  };

  /**
   * One read, every waiting change on top of each other, at most one write. The claims come between: nobody who has
   * read the ledger before a claim was taken away again can write it, see `revoke` in lib/capacity/state.ts.
   */
  const attempt = async (tool: string, batch: Batch<LedgerView, LedgerState>, tried: number): Promise<() => void> => {
    const found = await find(tool);
    const before = viewOf(found);
    const wish = applyAll(before, batch);
    if (wish.state === before.state) return wish.respond;
    const ledger = found ?? (await create(tool));
    const claimed = await claim(tool, before, wish.state, tried);
    const { state, respond } = claimed ? applyAll({ ...before, limits: { ...before.limits, claimed } }, batch) : wish;
    if (state !== before.state) await write(ledger, { state, limits: before.limits });
    return respond;
  };

  const change = createBatchedWrites<LedgerView, LedgerState>({
    ...options,
    attempt,
    busy: 'The builds of this tool are',
  });
  const list = async (signal?: AbortSignal) => (await kube.list<BuildLedger>('buildledgers', { signal })).items;

  return {
    read: async (tool, signal) => viewOf(await find(tool, signal)),
    change,
    fence: async (tool) => {
      if (!(await find(tool))) return emptyState;
      return change(tool, ({ state }) => ({ state: { ...state, fence: randomUUID() }, result: state }));
    },
    tools: async () => (await list()).map(({ spec }) => spec.tool),
    all: async (signal) => new Map((await list(signal)).map((ledger) => [ledger.spec.tool, viewOf(ledger)])),
  };
};
