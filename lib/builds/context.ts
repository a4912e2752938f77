import type { Capacity } from '../capacity/capacity.ts';
import type { Log } from '../http/log.ts';
import type { Kube } from '../kube/client.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunSettings } from '../tekton/run.ts';
import type { LastWords } from '../tekton/tail.ts';

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
