/**
 * One difference between a tool's ledger and the cluster, corrected by a reconcile or a sweep. `id` is the id of the
 * build.
 */
export type Correction = {
  /** Kind of the correction. The metric that counts corrections shows the kind in its label `what`. */
  kind:
    | 'adopted'
    | 'finished'
    | 'promoted'
    | 'run_created'
    | 'run_cancelled'
    | 'run_unlocked'
    | 'run_released'
    | 'claim_added'
    | 'claim_removed'
    | 'log_closed'
    | 'log_removed';
  id: string;
};

/** Returns one correction of the given kind for each id of a build. */
export const correctionsOf = (kind: Correction['kind'], ids: Iterable<string>): Correction[] =>
  [...ids].map((id) => ({ kind, id }));
