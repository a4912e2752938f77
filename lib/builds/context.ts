import type { Capacity } from '../capacity/store.ts';
import type { Log } from '../log.ts';
import type { Kube } from '../kube/client.ts';
import type { Ledger } from '../ledger/store.ts';
import type { RunSettings } from '../tekton/run.ts';
import type { LastWords } from '../logs/masking/failure-excerpt.ts';

/** What everything that changes builds needs. */
export type BuildsContext = {
  kube: Kube;
  ledger: Ledger;
  capacity: Capacity;
  runSettings: RunSettings;
  log: Log;
  /** What may be shown of a failed step's output. */
  lastWords: LastWords;
  /** Deletes what is archived of a build's log. */
  removeLog: (tool: string, id: string) => Promise<void>;
  now: () => Date;
};
