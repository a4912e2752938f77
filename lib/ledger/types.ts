import type { BuildParameters, BuildStatus } from '../../openapi/generated/types.ts';
import type { KubeObject } from '../kube/resources.ts';

/**
 * State of a build's log. `live`: the log is still being written. `truncated` and `lost`: lines are missing, and
 * `logReason` says why.
 */
export type LogState = 'live' | 'complete' | 'truncated' | 'lost';

/**
 * A build in the ledger. The record holds everything that its PipelineRun is made from, so any function that finds a
 * running build without a run can create the run. Times are RFC 3339 in UTC with milliseconds.
 */
export type BuildRecord = {
  id: string;
  parameters: BuildParameters;
  /** URL of the git repository that the clone step fetches: `source_url` after redirects. */
  sourceUrl: string;
  /** Hash of the commit that is built. */
  commit: string;
  /** Hash of the annotated tag's object that leads to the commit. Absent where the requested ref names the commit itself. */
  resolvedRef?: string;
  /**
   * Name of the image that is pushed, with its tag, as clients see it. A run takes the name from the tool and the
   * parameters instead.
   */
  image: string;
  acceptedAt: string;
  /** Time when the build got its slot. Absent while the build is queued. */
  startedAt?: string;
  /** Time when a client cancelled the running build. The build keeps its slot until its run has ended. */
  cancelledAt?: string;
  /**
   * Time when a client deleted the running build. The build is hidden, and leaves the ledger when its run has ended.
   */
  deletedAt?: string;
  finishedAt?: string;
  status: BuildStatus;
  message: string;
  digest?: string;
  /** Builder image of the build's run. Absent until the run has ended. */
  builder?: string;
  log: LogState;
  logReason?: string;
  /**
   * Set while no event about the build's run has come. `awaited`: the build has begun to run. `missed`: no event came in
   * time, so another function has asked for the build's archiver. Absent in builds whose run builds-api made.
   */
  event?: 'awaited' | 'missed';
  /**
   * Whether builds-api made the build's run. The record has not all that a run is made from, so no function creates a
   * run for the build.
   */
  adopted?: true;
};

/** The part of a build's record that is known before the build is accepted. */
export type NewBuild = Pick<BuildRecord, 'id' | 'parameters' | 'sourceUrl' | 'commit' | 'resolvedRef' | 'image'>;

/** How a build ended. `log` is set only where the build never had a run whose log could be archived. */
export type Ending = {
  status: BuildStatus;
  message: string;
  finishedAt: string;
  digest?: string;
  /** Builder image of the build's run. Absent where the build never had a run. */
  builder?: string;
  log?: LogState;
};

/**
 * Record of the response to a start with an Idempotency-Key. Kept for a day, even where the build is deleted earlier.
 */
export type IdempotencyRecord = {
  /** SHA-256 of the Idempotency-Key. */
  key: string;
  /** SHA-256 of the request that came with the Idempotency-Key. */
  request: string;
  id: string;
  commit: string;
  /** Hash of the annotated tag's object. Absent as in the build's record. */
  resolvedRef?: string;
  /** Position of the build in the queue at the time of the response. 0 for a build that ran at once. */
  position: number;
  at: string;
};

/** The part of a start's result that the response to the start shows. */
export type StartRecord = Pick<IdempotencyRecord, 'id' | 'commit' | 'resolvedRef' | 'position'>;

/** The hashes that identify a start with an Idempotency-Key. */
export type IdempotencyKey = Pick<IdempotencyRecord, 'key' | 'request'>;

/** The result of a start. `position` is 0 for a build that runs, else the build's position in the queue. */
export type StartResult =
  | { kind: 'accepted'; record: StartRecord }
  | { kind: 'repeated'; record: IdempotencyRecord }
  /** Start refused: the Idempotency-Key, or the build's id, belongs to another request. */
  | { kind: 'key_reused' }
  /** Start refused: the tool has as many running and queued builds as it may have. */
  | { kind: 'full' }
  /** Start refused: the ledger has no room for a build with so many parameters. */
  | { kind: 'too_large' };

/**
 * Result of a cancellation. `cancelled`: a queued build has ended. `cancelling`: the run of the build has still to end.
 * `finished`: the build had ended before. `unknown`: the tool has no such build.
 */
export type CancelResult = 'cancelled' | 'cancelling' | 'finished' | 'unknown';

/** How many builds a tool may have, and how many finished builds the ledger keeps. */
export type Limits = {
  running: number;
  queued: number;
  succeeded: number;
  failed: number;
  /** Ids of the builds that hold a claim. Undefined where the cluster's capacity is not limited. */
  claimed?: ReadonlySet<string>;
};

/** Limits of builds that an administrator may override for one tool. */
type LimitOverrides = { running?: number; queued?: number; succeeded?: number; failed?: number };

export type LedgerState = {
  running: BuildRecord[];
  /** Queued builds. The next build to run comes first. */
  queued: BuildRecord[];
  /** Finished builds. The build that finished last comes first. */
  finished: BuildRecord[];
  keys: IdempotencyRecord[];
  /**
   * Ids of adopted builds that have left the ledger. Their runs are deleted, and are never adopted again. The id that
   * was added last comes last.
   */
  gone?: string[];
  /** Time when a build of the tool last began or ended. The tool waits for its next turn since then. */
  lastTurn?: string;
  /**
   * Random value. Each new value changes the ledger, so that a process that read the ledger before can no longer write
   * it.
   */
  fence?: string;
};

/** Numbers for the columns of `kubectl get buildledgers`. Written with every change of a ledger, and never read. */
export type Summary = { running: number; limit: number; queued: number; finished: number };

/** The object builds.toolforge.org/v1alpha1 BuildLedger. It holds everything about the builds of one tool. */
export type BuildLedger = KubeObject & {
  spec: { tool: string; limits?: LimitOverrides };
  status?: Partial<LedgerState> & { summary?: Summary };
};
