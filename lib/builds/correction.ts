/** One difference that a reconcile or a sweep has found and corrected. `id` is the id of the build. */
export type Correction = {
  /** Also the value of the label `what` of the metric that counts corrections. */
  kind:
    | 'finished'
    | 'promoted'
    | 'run_created'
    | 'run_cancelled'
    | 'run_released'
    | 'claim_added'
    | 'claim_removed'
    | 'log_closed'
    | 'log_removed';
  id: string;
};

/** Returns a correction of the same kind for each build. */
export const correctionsOf = (kind: Correction['kind'], ids: Iterable<string>): Correction[] =>
  [...ids].map((id) => ({ kind, id }));
