import type { BuildRecord, LedgerState } from './types.ts';

/**
 * Number of ids of gone builds that a ledger keeps although their runs are deleted. A function that listed the runs
 * before could otherwise adopt a deleted run again.
 */
const keptIds = 100;

/**
 * Notes the adopted builds among those that leave a ledger. The run of an adopted build has no mark of this service, so
 * without the note the next reconcile would adopt the run again.
 */
export const withGone = (state: LedgerState, left: readonly BuildRecord[]): LedgerState => {
  const ids = left.filter(({ adopted }) => adopted).map(({ id }) => id);
  return ids.length === 0 ? state : { ...state, gone: [...(state.gone ?? []), ...ids] };
};

/** Drops the oldest ids of gone builds whose runs are deleted, where a ledger has more than 100 ids of gone builds. */
export const withoutOldGone = (state: LedgerState, observed: ReadonlySet<string>): LedgerState => {
  const ids = state.gone ?? [];
  const surplus = ids.length - keptIds;
  if (surplus <= 0) return state;
  const dropped = new Set(ids.filter((id) => !observed.has(id)).slice(0, surplus));
  return dropped.size === 0 ? state : { ...state, gone: ids.filter((id) => !dropped.has(id)) };
};

/** Returns the ids of all builds in a ledger, and of the gone builds that the ledger has noted. */
export const knownIds = ({ running, queued, finished, gone = [] }: LedgerState): ReadonlySet<string> =>
  new Set([...[...running, ...queued, ...finished].map(({ id }) => id), ...gone]);
