import { randomUUID } from 'node:crypto';
import { admit, type ClaimRequest, isFilledByUnknownClaims } from '../capacity/state.ts';
import type { Capacity } from '../capacity/store.ts';
import { ApiError } from '../errors.ts';
import {
  applyAll,
  type Batch,
  createBatchedWrites,
  type Change as KubeChange,
  written,
} from '../kube/batched-writes.ts';
import type { Kube } from '../kube/client.ts';
import { ifFound, KubeError } from '../kube/kube-error.ts';
import type { Sleep } from '../retry.ts';
import { claimRequest } from './claims.ts';
import { ledgerName } from './names.ts';
import { emptyState } from './state.ts';
import type { BuildLedger, LedgerState, Limits, Summary } from './types.ts';

/** A tool's builds, and the limits that hold for the tool. */
export type LedgerView = { state: LedgerState; limits: Limits };

/**
 * A pure change of a ledger. The change may be applied several times before the ledger is written. A change that
 * returns the same state writes nothing.
 */
export type LedgerChange<T> = KubeChange<LedgerView, LedgerState, T>;

export type Ledger = {
  /** Reads the ledger of a tool. An unknown tool has an empty ledger. */
  read(tool: string, signal?: AbortSignal): Promise<LedgerView>;
  /**
   * Applies a change to a tool's ledger by compare-and-swap, until a write succeeds. Changes that wait at the same time
   * go into one write. Where the cluster's capacity is limited, a build is promoted only when it holds a claim.
   * @throws ApiError 409 `conflict` when other writers of the ledger are always faster
   */
  change<T>(tool: string, change: LedgerChange<T>): Promise<T>;
  /**
   * Writes the ledger of a tool without changing its builds, so that no process can write a ledger that it read before.
   * @returns the state of the ledger
   */
  fence(tool: string): Promise<LedgerState>;
  /** Tells whether there is a ledger of that name. */
  exists(name: string): Promise<boolean>;
  /**
   * Visits the ledger of every tool that has one, one ledger at a time: thousands of ledgers do not fit into memory.
   * `visit` must not wait for anything.
   */
  scan(visit: (tool: string, view: LedgerView) => void): Promise<void>;
};

export type LedgerOptions = {
  /** The cluster's capacity. Default: only the limits of the tools count. */
  capacity?: Capacity | undefined;
  /** Waits between two attempts to write the ledger. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep | undefined;
};

/**
 * Retry limit of a start while other starts of the tool hold claims for builds that are not in the ledger yet. The
 * build is not queued behind the other starts, because they hold the slots that it would wait for. After so many
 * attempts the claims count as left behind by functions that were killed.
 */
const maxAttemptsBesideOtherStarts = 8;

const stateOf = (ledger: BuildLedger | undefined): LedgerState => {
  const { summary: _, ...state } = ledger?.status ?? {};
  return { ...emptyState, ...state };
};

/** Tells whether the name of a ledger belongs to its tool. No function reads any other ledger. */
const isNamedAfterTool = ({ metadata, spec }: BuildLedger): boolean => metadata.name === ledgerName(spec.tool);

const summaryOf = ({ running, queued, finished }: LedgerState, limits: Limits): Summary => ({
  running: running.length,
  limit: limits.running,
  queued: queued.length,
  finished: finished.length,
});

/**
 * Limit of ledgers in one page of a list. A ledger has up to 1.2 MB, and the API server holds a whole page in memory.
 */
const ledgersOfPage = 200;

type Claims = {
  /** Ids of the builds that hold a claim, so that they may start. */
  claimed: ReadonlySet<string>;
  /** Whether other starts of the tool hold claims for builds that are not in the ledger yet. */
  isBesideOtherStarts: boolean;
};

const noClaims: Claims = { claimed: new Set(), isBesideOtherStarts: false };

/**
 * Claims slots of the cluster for a tool. Where too many other processes write the capacity, no slot is claimed and the
 * builds are queued: a start must not fail because others are faster.
 */
const claimSlots = async (
  capacity: Capacity,
  slots: number,
  request: ClaimRequest,
  running: ReadonlySet<string>,
): Promise<Claims> => {
  try {
    return await capacity.change((before) => {
      const { state, result: claimed } = admit(before, request, slots, new Date());
      const isBesideOtherStarts = isFilledByUnknownClaims(state, request, running);
      return { state, result: { claimed, isBesideOtherStarts } };
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'conflict') return noClaims;
    throw error;
  }
};

/**
 * Claims the slots that a change of a ledger needs, and gives back the slots of the builds that the change ends.
 * @returns ids of the builds that may be promoted; undefined where every build may be promoted
 * @throws KubeError 409, after which the change is retried, while other starts of the tool have claims but have not
 * written the ledger yet
 */
const claimForChange = async (
  capacity: Capacity | undefined,
  request: ClaimRequest | undefined,
  desired: LedgerState,
  attempt: number,
): Promise<ReadonlySet<string> | undefined> => {
  if (capacity?.slots === undefined || !request) return undefined;
  const running = new Set(desired.running.map(({ id }) => id));
  const { claimed, isBesideOtherStarts } = await claimSlots(capacity, capacity.slots, request, running);
  if (request.wanted.every((id) => claimed.has(id))) return undefined;
  if (isBesideOtherStarts && attempt < maxAttemptsBesideOtherStarts)
    throw new KubeError(409, 'Conflict', 'other builds of this tool are being started');
  return claimed;
};

/** Reads and writes the BuildLedger objects. */
const createLedgerObjects = (kube: Kube, defaults: Limits) => ({
  find: async (tool: string, signal?: AbortSignal): Promise<BuildLedger | undefined> => {
    const name = ledgerName(tool);
    const ledger = await ifFound(kube.get<BuildLedger>('buildledgers', name, signal));
    if (ledger && ledger.spec.tool !== tool)
      throw new Error(`the BuildLedger ${name} belongs to the tool ${ledger.spec.tool}, not to ${tool}`);
    return ledger;
  },
  viewOf: (ledger: BuildLedger | undefined): LedgerView => ({
    state: stateOf(ledger),
    limits: { ...defaults, ...ledger?.spec.limits },
  }),
  create: (tool: string): Promise<BuildLedger> =>
    kube.create<BuildLedger>('buildledgers', {
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildLedger',
      metadata: { name: ledgerName(tool) },
      spec: { tool },
    }),
  write: (ledger: BuildLedger, { state, limits }: LedgerView): Promise<void> =>
    written(kube.replaceStatus('buildledgers', { ...ledger, status: { ...state, summary: summaryOf(state, limits) } })),
});

type LedgerObjects = ReturnType<typeof createLedgerObjects>;

/**
 * Makes the function that reads a ledger, applies a batch of changes and writes the ledger once. Claims are taken
 * between the read and the write, so a process that read the ledger before a claim was revoked can't write the ledger
 * any more, see `markRevoked` in lib/capacity/state.ts.
 */
const createAttempt =
  ({ find, viewOf, create, write }: LedgerObjects, capacity: Capacity | undefined) =>
  async (tool: string, batch: Batch<LedgerView, LedgerState>, attempt: number): Promise<() => void> => {
    const found = await find(tool);
    const before = viewOf(found);
    const desired = applyAll(before, batch);
    if (desired.state === before.state) return desired.respond;
    const ledger = found ?? (await create(tool));
    const request = claimRequest(tool, before.state, desired.state, before.limits);
    const claimed = await claimForChange(capacity, request, desired.state, attempt);
    const { state, respond } = claimed
      ? applyAll({ ...before, limits: { ...before.limits, claimed } }, batch)
      : desired;
    if (state !== before.state) await write(ledger, { state, limits: before.limits });
    return respond;
  };

/**
 * Makes the store of the ledgers of all tools.
 * @param defaults limits of a tool for which no administrator has set other limits
 */
export const createLedger = (kube: Kube, defaults: Limits, options: LedgerOptions = {}): Ledger => {
  const objects = createLedgerObjects(kube, defaults);
  const { find, viewOf } = objects;
  const change = createBatchedWrites<LedgerView, LedgerState>({
    ...options,
    attempt: createAttempt(objects, options.capacity),
    busy: 'The builds of this tool are',
  });
  return {
    read: async (tool, signal) => viewOf(await find(tool, signal)),
    change,
    fence: async (tool) => {
      if (!(await find(tool))) return emptyState;
      return change(tool, ({ state }) => ({ state: { ...state, fence: randomUUID() }, result: state }));
    },
    exists: async (name) => {
      const ledger = await ifFound(kube.get<BuildLedger>('buildledgers', name));
      return ledger !== undefined && isNamedAfterTool(ledger);
    },
    scan: async (visit) => {
      const visitLedger = (ledger: BuildLedger) => {
        if (isNamedAfterTool(ledger)) visit(ledger.spec.tool, viewOf(ledger));
      };
      await kube.scan<BuildLedger>('buildledgers', visitLedger, { pageSize: ledgersOfPage });
    },
  };
};
