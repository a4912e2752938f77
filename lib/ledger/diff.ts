import { knownIds, withoutOldGone } from './gone.ts';
import { finish, promote } from './state.ts';
import type { BuildRecord, Ending, LedgerState, Limits } from './types.ts';

/** Facts about a PipelineRun that a reconcile compares with the ledger. */
export type ObservedRun = {
  id: string;
  /** How and when the run has ended. Absent while the run has not ended. */
  ending?: Ending;
  /** Whether Tekton was told to cancel the run. */
  cancelling: boolean;
  /** Whether the run was deleted, and only a finalizer keeps it. */
  deleting: boolean;
  /** Whether the finalizer of this service keeps the run. */
  isLocked: boolean;
  /** The build of a run that builds-api made, as a running build. Absent for a run of this service. */
  build?: BuildRecord;
};

/** One change to the runs of a tool that makes the runs match the ledger. */
export type RunChange =
  /**
   * The run of a build must be created. The run of a cancelled build is created as cancelled: a delayed start of the
   * build then finds the name of the run taken.
   */
  | { kind: 'create'; build: BuildRecord; cancelled: boolean }
  | { kind: 'cancel'; id: string }
  /** A run must lose its finalizer, and is kept beside its build: its log is archived. */
  | { kind: 'unlock'; id: string }
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
 * Returns the limits without the slots that runs of builds-api hold. Such runs count also before they are adopted, and
 * where they never are.
 */
const withoutOtherRuns = (state: LedgerState, runs: readonly ObservedRun[], limits: Limits): Limits => {
  const known = knownIds(state);
  const others = runs.filter(({ id, build, ending }) => build && !ending && !known.has(id)).length;
  return others === 0 ? limits : { ...limits, running: limits.running - others };
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
  const own = withoutOtherRuns(state, runs, limits);
  const finished = state.running.reduce(
    (current, { id }) => {
      const ending = byId.get(id)?.ending;
      return ending ? finish(current, id, ending, own, now) : current;
    },
    cancelDeleted(state, byId, now),
  );
  return withoutOldGone(promote(finished, own, now), new Set(byId.keys()));
};

const changesForBuild = (build: BuildRecord, run: ObservedRun | undefined): RunChange[] => {
  // The run of an adopted build is never replaced: the ledger has not all that the run was made from.
  if (build.adopted && (!run || run.deleting)) return [];
  if (!run) return [{ kind: 'create', build, cancelled: build.cancelledAt !== undefined }];
  if (run.deleting && !run.ending) return [{ kind: 'release', id: run.id }];
  return build.cancelledAt && !run.cancelling && !run.ending ? [{ kind: 'cancel', id: run.id }] : [];
};

/**
 * Returns the changes for a run whose build does not run in the ledger.
 * @param finished the finished build; undefined where the ledger does not have the build
 */
const changesForOtherRun = (
  run: ObservedRun,
  finished: BuildRecord | undefined,
  { keepsRuns, isKnown }: { keepsRuns: boolean; isKnown: boolean },
): RunChange[] => {
  if (finished?.log === 'live') return [];
  if (run.build && !isKnown) return [];
  if (!run.ending && !run.cancelling) return [{ kind: 'cancel', id: run.id }];
  if (finished && keepsRuns && run.ending) return run.isLocked ? [{ kind: 'unlock', id: run.id }] : [];
  return [{ kind: 'release', id: run.id }];
};

/**
 * Returns the changes that make the runs of a tool match its ledger. Pure. A run of builds-api that the ledger never
 * knew is left alone.
 * @param state the ledger that `reconciledState` has returned
 * @param keepsRuns whether the run of a finished build stays for as long as its build is in the ledger
 */
export const diff = (state: LedgerState, runs: readonly ObservedRun[], keepsRuns: boolean): RunChange[] => {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const running = new Set(state.running.map(({ id }) => id));
  const finished = new Map(state.finished.map((build) => [build.id, build]));
  const known = knownIds(state);
  const changesFor = (run: ObservedRun) =>
    changesForOtherRun(run, finished.get(run.id), { keepsRuns, isKnown: known.has(run.id) });
  return [
    ...state.running.flatMap((build) => changesForBuild(build, byId.get(build.id))),
    ...runs.filter(({ id }) => !running.has(id)).flatMap(changesFor),
  ];
};
