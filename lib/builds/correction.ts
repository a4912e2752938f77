/** The kinds of corrections. They are the values of the label `what` of a metric, so they stay as they are. */
export const correctionKinds = [
  'finished',
  'promoted',
  'run_created',
  'run_cancelled',
  'run_released',
  'claim_added',
  'claim_removed',
  'log_closed',
  'log_removed',
] as const;

/** One difference between the ledger and the world that a reconcile or sweep has written. `id` is the build's. */
export type Correction = { kind: (typeof correctionKinds)[number]; id: string };

/** Returns a correction of the same kind for each build. */
export const correctionsOf = (kind: Correction['kind'], ids: Iterable<string>): Correction[] =>
  [...ids].map((id) => ({ kind, id }));
