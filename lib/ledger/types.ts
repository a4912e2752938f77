import type { BuildParameters, Status } from '../../openapi/generated/types.ts';
import type { KubeObject } from '../kube/resources.ts';

/** live: still being written. truncated, lost: not all there; `logReason` says why. */
export type LogState = 'live' | 'complete' | 'truncated' | 'lost';

/**
 * One build. It is the outbox too: it holds all that its PipelineRun is made from, so whoever finds a running entry
 * without its run can create it. Times are RFC 3339 in UTC with milliseconds.
 */
export type BuildRecord = {
  id: string;
  parameters: BuildParameters;
  /** Where the clone step fetches from: source_url after redirects. */
  sourceUrl: string;
  /** The commit that is built. */
  commit: string;
  /** Where the image goes, with tag. */
  image: string;
  acceptedAt: string;
  /** When it got its slot; absent while it is queued. */
  startedAt?: string;
  /** Somebody asked to cancel it while it ran; it keeps its slot until the run has ended. */
  cancelledAt?: string;
  /** Deleted while it ran: hidden, and dropped when the run has ended. */
  deletedAt?: string;
  finishedAt?: string;
  status: Status;
  message: string;
  digest?: string;
  log: LogState;
  logReason?: string;
};

/** What an Idempotency-Key was answered with; kept for a day, longer than the build if that is deleted. */
export type IdempotencyRecord = {
  /** SHA-256 of the key. */
  key: string;
  /** SHA-256 of the request it came with. */
  request: string;
  id: string;
  commit: string;
  /** Queue position at the time of the answer, 0 when it ran at once. */
  position: number;
  at: string;
};

/** Limits an administrator may override for one tool. */
export type LimitOverrides = { running?: number; queued?: number; succeeded?: number; failed?: number };

export type LedgerState = {
  running: BuildRecord[];
  /** First in, first out. */
  queued: BuildRecord[];
  /** Newest first. */
  finished: BuildRecord[];
  keys: IdempotencyRecord[];
  /** When a build last began or ended to run: since then the tool waits for its turn among those that want a slot. */
  lastTurn?: string;
  /** Something new whenever the ledger was written only to be written. */
  fence?: string;
};

/** For operators' eyes: the columns of `kubectl get buildledgers`. Written with every change, never read. */
export type Summary = { running: number; limit: number; queued: number; finished: number };

/** builds.toolforge.org/v1alpha1 BuildLedger: everything about one tool's builds. */
export type BuildLedger = KubeObject & {
  spec: { tool: string; limits?: LimitOverrides };
  status?: Partial<LedgerState> & { summary?: Summary };
};
