import { admit } from '../capacity/state.ts';
import type { CapacityState } from '../capacity/types.ts';
import { claimRequest } from '../ledger/claims.ts';
import { diff, type ObservedRun, reconciledState } from '../ledger/diff.ts';
import type { LedgerView } from '../ledger/store.ts';
import { areClaimsWrong } from './reconcile-claims.ts';

/** The ledger of a tool, and the runs of the builds that the ledger knows, which were listed before the ledger. */
export type ListedTool = LedgerView & { tool: string; observed: readonly ObservedRun[] };

/** The facts that decide beside the ledger and the runs of a tool. */
export type ReconcileConditions = {
  capacity: CapacityState;
  /** Number of slots of the cluster. Undefined where the cluster's capacity is not limited. */
  slots: number | undefined;
  /** Whether the run of a finished build stays for as long as its build is in the ledger. */
  keepsRuns: boolean;
  now: Date;
};

/**
 * Tells whether a reconcile would change the ledger of a tool, or take or give back claims. A queued build that only
 * waits for a slot of the cluster changes nothing.
 */
const changesLedger = (
  { tool, state, limits, observed }: ListedTool,
  { capacity, slots, now }: ReconcileConditions,
): boolean => {
  const desired = reconciledState(state, observed, limits, now);
  if (desired === state) return false;
  const request = slots === undefined ? undefined : claimRequest(tool, state, desired, limits);
  if (slots === undefined || !request) return true;
  const { state: next, result: claimed } = admit(capacity, request, slots, now);
  return next !== capacity || reconciledState(state, observed, { ...limits, claimed }, now) !== state;
};

/** Tells whether a tool holds claims, waits for a slot, or has builds that may need claims. */
const mayHaveClaims = ({ tool, state }: ListedTool, { claims, waiting }: CapacityState): boolean =>
  state.running.length + state.queued.length > 0 || [...claims, ...waiting].some((other) => other.tool === tool);

/**
 * Tells whether `reconcile` would write anything for a tool, from data that was listed before. Pure. Says yes also where
 * only a reconcile can know: an adopted build may have a run that the list lacks.
 */
export const needsReconcile = (listed: ListedTool, conditions: ReconcileConditions): boolean => {
  const { tool, state, observed } = listed;
  const { capacity, slots, keepsRuns, now } = conditions;
  const ids = new Set(observed.map(({ id }) => id));
  if (state.running.some(({ id, adopted }) => adopted && !ids.has(id))) return true;
  if (changesLedger(listed, conditions)) return true;
  if (diff(state, observed, keepsRuns).length > 0) return true;
  return slots !== undefined && mayHaveClaims(listed, capacity) && areClaimsWrong(capacity, tool, listed, now);
};
