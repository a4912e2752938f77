import type { Capacity } from '../capacity/store.ts';
import type { RequestArchiver } from '../events/archiver-wanted.ts';
import type { ReportBehind } from '../events/ledger-behind.ts';
import type { Kube, ReadKube } from '../kube/client.ts';
import type { Ledger } from '../ledger/store.ts';
import type { Log } from '../log.ts';
import type { LogMasks } from '../logs/from-settings.ts';
import type { ObjectStore } from '../store/types.ts';
import type { RunSettings } from '../tekton/run.ts';
import type { FailureExcerpt } from '../tekton/status.ts';
import type { Versions } from '../tekton/versions.ts';

/**
 * The setting that says what becomes of the runs that builds-api made. `ignore`: they are no builds. `show`: reads show
 * their builds, and a client's change adopts the runs of its tool. `adopt`: every reconcile adopts them. With `show` and
 * `adopt`, the runs of finished builds are kept, because builds-api finds its builds by their runs.
 */
export type BuildsApiRuns = 'ignore' | 'show' | 'adopt';

/** The dependencies of code that changes builds. */
export type BuildsContext = {
  kube: Kube;
  ledger: Ledger;
  capacity: Capacity;
  runSettings: RunSettings;
  buildsApiRuns: BuildsApiRuns;
  log: Log;
  /** Returns the last lines that a failed step wrote, with secrets masked. */
  failureExcerpt: FailureExcerpt;
  /** Deletes the archived log of a build. */
  removeLog: (tool: string, id: string) => Promise<void>;
  /**
   * Asks finish-build to create the run of a build. Set in functions whose ServiceAccount may not create runs. Returns
   * at once and never throws. Default: this function creates the runs itself.
   */
  requestRun?: (tool: string, id: string) => void;
  /**
   * Asks archive-logs to start the archiver of a build whose run was made just now. Default: no request. Then an event of
   * Tekton, a read or sweep starts the archiver.
   */
  requestArchiver?: RequestArchiver;
  now: () => Date;
};

/** The dependencies of code that archives logs. */
export type LogsContext = BuildsContext & LogMasks & { store: ObjectStore };

/** The dependencies of code that only reads builds. The types of the dependencies have no methods that write. */
export type ReadContext = Pick<BuildsContext, 'buildsApiRuns' | 'log' | 'failureExcerpt' | 'now'> & {
  kube: ReadKube;
  ledger: Pick<Ledger, 'read'>;
  capacity: Pick<Capacity, 'slots' | 'read'>;
  reportBehind: ReportBehind;
  /** Asks archive-logs to start the archiver of a running build about which no event has come. */
  requestArchiver: RequestArchiver;
};

/** The dependencies of code that shows builds. The versions give a build its flags. */
export type ShowContext = ReadContext & { versions: Versions };
