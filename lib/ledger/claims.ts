import type { ClaimRequest } from '../capacity/state.ts';
import { type Limits, waitingSince } from './state.ts';
import type { LedgerState } from './types.ts';

const missing = <T extends { id: string }>(first: readonly T[], second: readonly T[]): T[] => {
  const ids = new Set(second.map(({ id }) => id));
  return first.filter(({ id }) => !ids.has(id));
};

/**
 * The claims that a change of a ledger needs and gives back. Pure.
 * @param after the ledger as the tool's own limit alone would let it become
 * @returns undefined where no build starts or ends
 */
export const claimRequest = (
  tool: string,
  before: LedgerState,
  after: LedgerState,
  limits: Limits,
): ClaimRequest | undefined => {
  const promoted = missing(after.running, before.running);
  const ended = missing(before.running, after.running).map(({ id }) => id);
  if (promoted.length + ended.length === 0) return undefined;
  const since = waitingSince(ended.length > 0 ? after : before, promoted[0]);
  return { tool, ended, wanted: promoted.map(({ id }) => id), since, limit: limits.running };
};
