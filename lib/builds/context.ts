import type { Capacity } from '../capacity/store.ts';
import type { Kube } from '../kube/client.ts';
import type { Ledger } from '../ledger/store.ts';
import type { Log } from '../log.ts';
import type { FailureExcerpt } from '../logs/masking/failure-excerpt.ts';
import type { RunSettings } from '../tekton/run.ts';

/** What everything that changes builds needs. */
export type BuildsContext = {
  kube: Kube;
  ledger: Ledger;
  capacity: Capacity;
  runSettings: RunSettings;
  log: Log;
  /** What may be shown of a failed step's output. */
  failureExcerpt: FailureExcerpt;
  /** Deletes what is archived of a build's log. */
  removeLog: (tool: string, id: string) => Promise<void>;
  now: () => Date;
};
