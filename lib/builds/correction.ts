/** What was found undone and done: the labels under which sweep counts it. */
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

export type Correction = { kind: (typeof correctionKinds)[number]; id: string };
