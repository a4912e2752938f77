import { type Ending, finish, type Limits, promote } from './state.ts';
import type { BuildRecord, LedgerState } from './types.ts';

/**
 * What is known of one PipelineRun. `ending` is there once it has ended; `cancelling` when Tekton was already told;
 * `deleting` when somebody deleted it and only our finalizer holds it.
 */
export type ObservedRun = { id: string; ending?: Ending; cancelling: boolean; deleting: boolean };

export type RunChange =
  /** Create the run; already cancelled when nobody wants it any more, so that no late creator can start it. */
  | { kind: 'create'; build: BuildRecord; cancelled: boolean }
  | { kind: 'cancel'; id: string }
  /** Let the run go: its log is archived, or its build is gone. */
  | { kind: 'release'; id: string };

/**
 * Tekton looks no more at a run that somebody deleted, so it would never end: its build counts as cancelled, the run is
 * let go, which ends its pod, and one that is born cancelled takes its place.
 */
const noticeDeletion = (state: LedgerState, runs: Map<string, ObservedRun>, now: Date): LedgerState => {
  const deleted = (entry: BuildRecord) =>
    runs.get(entry.id)?.deleting && !runs.get(entry.id)?.ending && !entry.cancelledAt;
  if (!state.running.some(deleted)) return state;
  const at = now.toISOString();
  return { ...state, running: state.running.map((entry) => (deleted(entry) ? { ...entry, cancelledAt: at } : entry)) };
};

/**
 * Brings a ledger in line with its runs: ends what has ended and fills free slots. Pure; returns the same object when
 * there is nothing to do. The runs must have been listed *before* the ledger was read: a run is always created after
 * its entry, so a run that has no entry then is an orphan.
 */
export const reconciledState = (
  state: LedgerState,
  runs: readonly ObservedRun[],
  limits: Limits,
  now: Date,
): LedgerState => {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const settled = state.running.reduce(
    (current, { id }) => {
      const ending = byId.get(id)?.ending;
      return ending ? finish(current, id, ending, limits, now) : current;
    },
    noticeDeletion(state, byId, now),
  );
  return promote(settled, limits, now);
};

const forEntry = (entry: BuildRecord, run: ObservedRun | undefined): RunChange[] => {
  if (!run) return [{ kind: 'create', build: entry, cancelled: entry.cancelledAt !== undefined }];
  if (run.deleting && !run.ending) return [{ kind: 'release', id: run.id }];
  return entry.cancelledAt && !run.cancelling && !run.ending ? [{ kind: 'cancel', id: run.id }] : [];
};

const forRun = (run: ObservedRun, finished: BuildRecord | undefined): RunChange[] => {
  if (finished?.log === 'live') return [];
  if (!run.ending && !run.cancelling) return [{ kind: 'cancel', id: run.id }];
  return [{ kind: 'release', id: run.id }];
};

/** What must be done in Kubernetes so that the runs are what the (repaired) ledger says. */
export const diff = (state: LedgerState, runs: readonly ObservedRun[]): RunChange[] => {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const running = new Set(state.running.map(({ id }) => id));
  const finished = new Map(state.finished.map((entry) => [entry.id, entry]));
  return [
    ...state.running.flatMap((entry) => forEntry(entry, byId.get(entry.id))),
    ...runs.filter(({ id }) => !running.has(id)).flatMap((run) => forRun(run, finished.get(run.id))),
  ];
};
