import { withGone } from './gone.ts';
import { storedSize } from './stored-size.ts';
import type { LedgerState, Limits } from './types.ts';

/**
 * Limit for the size of a ledger at the start of a build, in bytes. etcd refuses objects over 1.5 MiB, and a ledger
 * that cannot be written could not end its builds either. The space above the limit is left for later writes: the
 * endings of builds with their messages, and the fields that the API server adds.
 */
const maxBytes = 1_200_000;

/** Limit for all finished builds of a ledger together, in bytes. */
const maxFinishedBytes = 700_000;

/**
 * Returns the space that a ledger has for finished builds, in bytes. Negative where the other parts of the ledger
 * exceed its limit.
 */
const roomForFinished = ({ running, queued, keys }: LedgerState): number =>
  maxBytes - storedSize(running) - storedSize(queued) - storedSize(keys);

/** Tells whether a ledger is too large for another build to start. */
export const isTooLarge = (state: LedgerState): boolean => storedSize(state.finished) > roomForFinished(state);

/**
 * Drops the oldest finished builds beyond the limits: the number of succeeded builds, the number of failed builds, and
 * the bytes of all finished builds together. A build whose log is still being written stays. Returns the same state
 * where no build is dropped.
 */
export const retain = (state: LedgerState, limits: Limits): LedgerState => {
  const left = {
    succeeded: limits.succeeded,
    failed: limits.failed,
    bytes: Math.min(maxFinishedBytes, roomForFinished(state)),
  };
  const finished = state.finished.filter((build) => {
    const kind = build.status === 'BUILD_SUCCESS' ? 'succeeded' : 'failed';
    left[kind] -= 1;
    left.bytes -= storedSize([build]);
    return build.log === 'live' || (left[kind] >= 0 && left.bytes >= 0);
  });
  if (finished.length === state.finished.length) return state;
  const kept = new Set(finished);
  return withGone(
    { ...state, finished },
    state.finished.filter((build) => !kept.has(build)),
  );
};
