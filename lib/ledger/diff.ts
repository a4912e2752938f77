import { finish, promote } from './state.ts';
import type { BuildRecord, Ending, LedgerState, Limits } from './types.ts';

/** Facts about a PipelineRun that a reconcile compares with the ledger. */
export type ObservedRun = {
  id: string;
  /** How and when the run has ended. Absent while the run has not ended. */
  ending?: Ending;
  /** Whether Tekton was told to cancel the run. */
  cancelling: boolean;
  /** Whether the run was deleted, and only the finalizer of this service keeps it. */
  deleting: boolean;
};

/** One change to the runs of a tool that makes the runs match the ledger. */
export type RunChange =
  /**
   * The run of a build must be created. The run of a cancelled build is created as cancelled: a delayed start of the
   * build then finds the name of the run taken.
   */
  | { kind: 'create'; build: BuildRecord; cancelled: boolean }
  | { kind: 'cancel'; id: string }
  /** A run must be deleted and lose its finalizer: its log is archived, or its build has left the ledger. */
  | { kind: 'release'; id: string };

/**
 * Cancels the builds whose run was deleted before the run ended. Tekton ignores a run with a deletionTimestamp, so the
 * run would never end. The run is released, which ends its pod, and a run that is created as cancelled takes its place.
 */
const cancelDeleted = (state: LedgerState, runs: Map<string, ObservedRun>, now: Date): LedgerState => {
  const isDeleted = (build: BuildRecord) => {
    const run = runs.get(build.id);
    return run?.deleting && !run.ending && !build.cancelledAt;
  };
  if (!state.running.some(isDeleted)) return state;
  const cancelledAt = now.toISOString();
  return { ...state, running: state.running.map((build) => (isDeleted(build) ? { ...build, cancelledAt } : build)) };
};

/**
 * Returns the ledger that matches the observed runs: builds whose run has ended are finished, and free slots are filled
 * from the queue. Pure. Returns the same object where nothing changes. The runs must have been listed *before* the
 * ledger was read: a run is always created after its build is in the ledger, so a run without a build is an orphan.
 */
export const reconciledState = (
  state: LedgerState,
  runs: readonly ObservedRun[],
  limits: Limits,
  now: Date,
): LedgerState => {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const finished = state.running.reduce(
    (current, { id }) => {
      const ending = byId.get(id)?.ending;
      return ending ? finish(current, id, ending, limits, now) : current;
    },
    cancelDeleted(state, byId, now),
  );
  return promote(finished, limits, now);
};

const changesForBuild = (build: BuildRecord, run: ObservedRun | undefined): RunChange[] => {
  if (!run) return [{ kind: 'create', build, cancelled: build.cancelledAt !== undefined }];
  if (run.deleting && !run.ending) return [{ kind: 'release', id: run.id }];
  return build.cancelledAt && !run.cancelling && !run.ending ? [{ kind: 'cancel', id: run.id }] : [];
};

/**
 * Returns the changes for a run whose build does not run in the ledger.
 * @param finished the finished build; undefined where the ledger does not know the build
 */
const changesForOtherRun = (run: ObservedRun, finished: BuildRecord | undefined): RunChange[] => {
  if (finished?.log === 'live') return [];
  if (!run.ending && !run.cancelling) return [{ kind: 'cancel', id: run.id }];
  return [{ kind: 'release', id: run.id }];
};

/**
 * Returns the changes that make the runs of a tool match its ledger. Pure.
 * @param state the ledger that `reconciledState` has returned
 */
export const diff = (state: LedgerState, runs: readonly ObservedRun[]): RunChange[] => {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const running = new Set(state.running.map(({ id }) => id));
  const finished = new Map(state.finished.map((build) => [build.id, build]));
  return [
    ...state.running.flatMap((build) => changesForBuild(build, byId.get(build.id))),
    ...runs.filter(({ id }) => !running.has(id)).flatMap((run) => changesForOtherRun(run, finished.get(run.id))),
  ];
};
