import { randomUUID } from 'node:crypto';
import { claimForRunning, finishRevocation, markRevoked, registerWaiting, roomFor } from '../capacity/state.ts';
import type { CapacityState } from '../capacity/types.ts';
import type { ObservedRun } from '../ledger/diff.ts';
import { promotableBuilds, waitingSince } from '../ledger/state.ts';
import type { LedgerState, Limits } from '../ledger/types.ts';
import type { BuildsContext } from './context.ts';
import { type Correction, correctionsOf } from './correction.ts';

/**
 * Time between the claim of a slot and the write of the ledger, in milliseconds. An older claim of a build that does
 * not run counts as left behind by a killed function.
 */
const graceMs = 30_000;

/** The ledger of a tool, and the tool's runs, which were listed before the ledger was read. */
export type ObservedLedger = { state: LedgerState; limits: Limits; observed: readonly ObservedRun[] };

/**
 * Differences between the claims and the builds of a tool. `missing`: ids of running builds without a claim. `orphans`:
 * ids of claims whose build does not run.
 */
type ClaimDiff = { missing: string[]; orphans: string[] };

/** Compares the claims of a tool with its ledger and its runs. Pure. */
const diffClaims = (
  capacity: CapacityState,
  tool: string,
  { state, observed }: ObservedLedger,
  now: Date,
): ClaimDiff => {
  const claims = capacity.claims.filter((claim) => claim.tool === tool);
  const claimed = new Set(claims.filter(({ revoked }) => !revoked).map(({ id }) => id));
  const running = new Set(state.running.map(({ id }) => id));
  const withLiveRun = new Set(observed.filter(({ ending }) => !ending).map(({ id }) => id));
  const finished = new Set(state.finished.map(({ id }) => id));
  const isOld = (at: string) => now.getTime() - Date.parse(at) > graceMs;
  return {
    missing: [...running].filter((id) => !claimed.has(id)),
    orphans: claims
      .filter(({ id, at }) => !running.has(id) && !withLiveRun.has(id) && (finished.has(id) || isOld(at)))
      .map(({ id }) => id),
  };
};

/**
 * Returns the capacity with the missing claims of a tool added, and with the number of the tool's queued builds that
 * wait only for a free slot of the cluster. Pure.
 */
const corrected = (
  capacity: CapacityState,
  tool: string,
  { state, limits }: ObservedLedger,
  missing: readonly string[],
): CapacityState => {
  const known = new Set(capacity.claims.map(({ id }) => id));
  const waiting = promotableBuilds(state, limits).filter(({ id }) => !known.has(id));
  const started = state.running.filter(({ id }) => missing.includes(id));
  const since = capacity.waiting.find((other) => other.tool === tool)?.since ?? waitingSince(state, waiting[0]);
  const claimed = claimForRunning(capacity, tool, started);
  return registerWaiting(claimed, tool, Math.min(waiting.length, roomFor(claimed, tool, limits.running)), since);
};

/**
 * Removes claims that a killed function left behind, because their builds do not run. The claims are marked, then the
 * ledger is written, then the claims are removed. A process that read the ledger before the marks can no longer write
 * the ledger. A process that reads the ledger later finds the marks, and starts none of the builds.
 */
const removeClaims = async ({ capacity, ledger }: BuildsContext, tool: string, ids: readonly string[]) => {
  const by = randomUUID();
  await capacity.change((state) => ({ state: markRevoked(state, ids, by), result: undefined }));
  const { running } = await ledger.fence(tool);
  const stillRunning = new Set(running.map(({ id }) => id));
  await capacity.change((state) => ({ state: finishRevocation(state, by, stillRunning), result: undefined }));
};

/**
 * Tells whether the claims of a tool differ from its ledger, or the tool waits for another number of slots. Pure.
 * @param capacity a capacity with limited slots
 */
export const areClaimsWrong = (
  capacity: CapacityState,
  tool: string,
  observedTool: ObservedLedger,
  now: Date,
): boolean => {
  const { missing, orphans } = diffClaims(capacity, tool, observedTool, now);
  return missing.length + orphans.length > 0 || corrected(capacity, tool, observedTool, missing) !== capacity;
};

/** Makes the claims of a tool match its ledger. Does nothing where the cluster's capacity is not limited. */
export const reconcileClaims = async (
  context: BuildsContext,
  tool: string,
  observedTool: ObservedLedger,
): Promise<Correction[]> => {
  const { capacity, now } = context;
  if (capacity.slots === undefined) return [];
  const before = await capacity.read();
  const { missing, orphans } = diffClaims(before, tool, observedTool, now());
  if (orphans.length > 0) await removeClaims(context, tool, orphans);
  const correct = (state: CapacityState) => corrected(state, tool, observedTool, missing);
  if (orphans.length > 0 || correct(before) !== before)
    await capacity.change((state) => ({ state: correct(state), result: undefined }));
  return [...correctionsOf('claim_added', missing), ...correctionsOf('claim_removed', orphans)];
};
