/** What was found undone and done: the labels under which sweep counts it. */
export const mendKinds = [
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

export type Mend = { what: (typeof mendKinds)[number]; id: string };
