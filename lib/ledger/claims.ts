import type { ClaimRequest } from '../capacity/state.ts';
import { waitingSince } from './state.ts';
import type { LedgerState, Limits } from './types.ts';

const without = <T extends { id: string }>(builds: readonly T[], others: readonly T[]): T[] => {
  const ids = new Set(others.map(({ id }) => id));
  return builds.filter(({ id }) => !ids.has(id));
};

/**
 * Returns the claims that a change of a ledger needs for builds that start, and gives back for builds that end.
 * Undefined where no build starts or ends. Pure.
 * @param desired the ledger after the change, if the tool's own limit were the only limit
 */
export const claimRequest = (
  tool: string,
  before: LedgerState,
  desired: LedgerState,
  limits: Limits,
): ClaimRequest | undefined => {
  const promoted = without(desired.running, before.running);
  const ended = without(before.running, desired.running).map(({ id }) => id);
  if (promoted.length + ended.length === 0) return undefined;
  const since = waitingSince(ended.length > 0 ? desired : before, promoted[0]);
  return { tool, ended, wanted: promoted.map(({ id }) => id), since, limit: limits.running };
};
