/** The state machine of one tool's builds. Pure: every transition takes a ledger and returns the next one. */

import { withGone } from './gone.ts';
import { resultForKey, resultForKnownId, startRecord, withKeyRecord } from './idempotency.ts';
import { isTooLarge, retain } from './retention.ts';
import type {
  BuildRecord,
  CancelResult,
  Ending,
  IdempotencyKey,
  LedgerState,
  Limits,
  LogState,
  NewBuild,
  StartResult,
} from './types.ts';

export const emptyState: LedgerState = { running: [], queued: [], finished: [], keys: [] };

const queuedBuild = (build: NewBuild, now: Date): BuildRecord => ({
  ...build,
  acceptedAt: now.toISOString(),
  status: 'BUILD_PENDING',
  message: '',
  log: 'live',
});

/** Returns the builds at the head of a tool's queue that the tool's own limit lets run. */
export const promotableBuilds = ({ running, queued }: LedgerState, limits: Limits): BuildRecord[] =>
  queued.slice(0, Math.max(0, limits.running - running.length));

/**
 * Returns the time since which a tool waits for its turn to get a slot of the cluster: the time when its first queued
 * build was accepted, or the later time when one of its builds last began or ended. The age of the queued build alone
 * would favour a tool that always has builds queued.
 */
export const waitingSince = ({ lastTurn = '' }: LedgerState, firstQueued: BuildRecord | undefined): string => {
  const { acceptedAt = '' } = firstQueued ?? {};
  return acceptedAt > lastTurn ? acceptedAt : lastTurn;
};

/**
 * Returns the builds that may start: those in front of the first build without a claim, because no build may overtake
 * another build of its tool.
 */
const claimedPrefix = (builds: BuildRecord[], claimed: ReadonlySet<string> | undefined): BuildRecord[] => {
  const end = claimed ? builds.findIndex(({ id }) => !claimed.has(id)) : -1;
  return end < 0 ? builds : builds.slice(0, end);
};

/**
 * Promotes builds from the head of a tool's queue to free slots. With `limits.claimed`, only builds with a claim are
 * promoted. Returns the same state where no build can start.
 */
export const promote = (state: LedgerState, limits: Limits, now: Date): LedgerState => {
  const at = now.toISOString();
  const promoted = claimedPrefix(promotableBuilds(state, limits), limits.claimed);
  if (promoted.length === 0) return state;
  return {
    ...state,
    running: [
      ...state.running,
      ...promoted.map((build): BuildRecord => ({ ...build, startedAt: at, event: 'awaited' })),
    ],
    queued: state.queued.slice(promoted.length),
    lastTurn: at,
  };
};

/**
 * Accepts a new build into a free slot, or else into the queue. Returns the earlier result for a repeated
 * Idempotency-Key. Refuses the build where more than `limits.queued` builds would wait, or where the ledger has no
 * space. Old finished builds are dropped where a new build needs their space.
 */
export const start = (
  state: LedgerState,
  build: NewBuild,
  key: IdempotencyKey | undefined,
  limits: Limits,
  now: Date,
): { state: LedgerState; result: StartResult } => {
  const known = resultForKey(state, key, now) ?? resultForKnownId(state, build);
  if (known) return { state, result: known };
  const filled = promote({ ...state, queued: [...state.queued, queuedBuild(build, now)] }, limits, now);
  if (filled.queued.length > limits.queued) return { state, result: { kind: 'full' } };
  const position = filled.queued.findIndex(({ id }) => id === build.id) + 1;
  const record = startRecord(build, position);
  const next = retain(withKeyRecord(filled, key, record, now), limits);
  if (isTooLarge(next)) return { state, result: { kind: 'too_large' } };
  return { state: next, result: { kind: 'accepted', record } };
};

/** Returns the record of a build that has ended. No event comes about a build that never had a run. */
export const endedBuild = ({ event, ...build }: BuildRecord, ending: Ending): BuildRecord => ({
  ...build,
  ...(event && ending.log === undefined ? { event } : {}),
  status: ending.status,
  message: ending.message,
  finishedAt: ending.finishedAt,
  log: ending.log ?? build.log,
  ...(ending.digest ? { digest: ending.digest } : {}),
  ...(ending.builder ? { builder: ending.builder } : {}),
});

/** Moves a build to the finished builds of its ledger. A deleted build leaves the ledger instead. */
const withFinished = (state: LedgerState, build: BuildRecord): LedgerState => {
  const next = {
    ...state,
    running: state.running.filter(({ id }) => id !== build.id),
    queued: state.queued.filter(({ id }) => id !== build.id),
  };
  return build.deletedAt ? withGone(next, [build]) : { ...next, finished: [build, ...state.finished] };
};

/**
 * Ends a running build and gives its slot to the next queued build. Returns the same state for a build that does not
 * run.
 */
export const finish = (state: LedgerState, id: string, ending: Ending, limits: Limits, now: Date): LedgerState => {
  const build = state.running.find((running) => running.id === id);
  if (!build) return state;
  const freed = { ...withFinished(state, endedBuild(build, ending)), lastTurn: now.toISOString() };
  return retain(promote(freed, limits, now), limits);
};

const withRunning = (state: LedgerState, changed: BuildRecord): LedgerState => ({
  ...state,
  running: state.running.map((build) => (build.id === changed.id ? changed : build)),
});

const cancelRunning = (
  state: LedgerState,
  build: BuildRecord,
  now: Date,
): { state: LedgerState; result: CancelResult } => {
  if (build.deletedAt) return { state, result: 'unknown' };
  if (build.cancelledAt) return { state, result: 'cancelling' };
  return { state: withRunning(state, { ...build, cancelledAt: now.toISOString() }), result: 'cancelling' };
};

const cancelQueued = (state: LedgerState, build: BuildRecord, limits: Limits, now: Date): LedgerState => {
  const ending: Ending = {
    status: 'BUILD_CANCELLED',
    message: 'Cancelled while it waited.',
    finishedAt: now.toISOString(),
    log: 'complete',
  };
  return retain(withFinished(state, endedBuild(build, ending)), limits);
};

/**
 * Cancels a build. A queued build ends at once. A running build keeps its slot until its run has ended, so that the
 * next build cannot run at the same time.
 */
export const cancel = (
  state: LedgerState,
  id: string,
  limits: Limits,
  now: Date,
): { state: LedgerState; result: CancelResult } => {
  const running = state.running.find((build) => build.id === id);
  if (running) return cancelRunning(state, running, now);
  const queued = state.queued.find((build) => build.id === id);
  if (queued) return { state: cancelQueued(state, queued, limits, now), result: 'cancelled' };
  return { state, result: state.finished.some((build) => build.id === id) ? 'finished' : 'unknown' };
};

const removeRunning = (state: LedgerState, build: BuildRecord, now: Date): LedgerState => {
  const at = now.toISOString();
  return withRunning(state, { ...build, cancelledAt: build.cancelledAt ?? at, deletedAt: at });
};

/** Deletes a build. A running build is cancelled and hidden, and leaves the ledger when its run has ended. */
export const remove = (state: LedgerState, id: string, now: Date): { state: LedgerState; known: boolean } => {
  const running = state.running.find((build) => build.id === id && !build.deletedAt);
  if (running) return { state: removeRunning(state, running, now), known: true };
  const without = (builds: BuildRecord[]) => builds.filter((build) => build.id !== id);
  const left = [...state.queued, ...state.finished].filter((build) => build.id === id);
  if (left.length === 0) return { state, known: false };
  const next = { ...state, queued: without(state.queued), finished: without(state.finished) };
  return { state: withGone(next, left), known: true };
};

/**
 * Sets the state of a finished build's log in the ledger.
 * @param reason why lines of the log are missing; undefined for a complete log
 */
export const closeLog = (
  state: LedgerState,
  id: string,
  log: LogState,
  reason: string | undefined,
  limits: Limits,
): LedgerState => {
  const finished = state.finished.map((build) =>
    build.id === id ? { ...build, log, ...(reason ? { logReason: reason } : {}) } : build,
  );
  return retain({ ...state, finished }, limits);
};
