import { admit } from '../capacity/state.ts';
import { claimRequest } from '../ledger/claims.ts';
import { diff, type ObservedRun, reconciledState } from '../ledger/diff.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { BuildRecord, LedgerState, Limits } from '../ledger/types.ts';
import type { ReadContext } from './context.ts';
import { findRuns, observe, type Runs } from './observe.ts';

/** A tool's ledger as a reconcile would leave it, and the runs that were read for it. */
export type Preview = { state: LedgerState; limits: Limits; runs: Runs };

export type PreviewOptions = {
  /** The only build that the caller shows. Default: all builds of the tool. */
  id?: string;
};

/**
 * Milliseconds that the function which started or cancelled a build has to create or cancel its run, before a reader
 * takes the run's state for a sign of a function that was killed.
 */
const graceMs = 5000;

/**
 * Returns the running builds whose runs have to be read. A running build is shown from its own run, and a finished build
 * from the ledger alone. The position of a queued build changes when any running build ends.
 */
const buildsToObserve = ({ running, queued }: LedgerState, { id }: PreviewOptions): BuildRecord[] => {
  if (id === undefined || queued.some((build) => build.id === id)) return running;
  return running.filter((build) => build.id === id);
};

/** Makes the same decision as `reconcile` and the ledger's store, and takes claims of the capacity in memory only. */
const previewState = async (
  { capacity, now }: ReadContext,
  tool: string,
  { state, limits }: LedgerView,
  observed: readonly ObservedRun[],
): Promise<LedgerState> => {
  const unclaimed = reconciledState(state, observed, limits, now());
  const request = claimRequest(tool, state, unclaimed, limits);
  if (capacity.slots === undefined || !request || request.wanted.length === 0) return unclaimed;
  const { result: claimed } = admit(await capacity.read(), request, capacity.slots, now());
  return reconciledState(state, observed, { ...limits, claimed }, now());
};

/** Returns the first of some running builds whose run is missing, or is not cancelled though the build is. */
const buildWithWrongRun = (
  builds: readonly BuildRecord[],
  observed: readonly ObservedRun[],
  now: Date,
): string | undefined => {
  const isDue = ({ cancelledAt, startedAt }: BuildRecord) =>
    now.getTime() - Date.parse(cancelledAt ?? startedAt ?? '') > graceMs;
  const due = builds.filter(isDue);
  const ids = new Set(due.map(({ id }) => id));
  const [change] = diff(
    { running: due, queued: [], finished: [], keys: [] },
    observed.filter(({ id }) => ids.has(id)),
  );
  return change && (change.kind === 'create' ? change.build.id : change.id);
};

/** Returns the first build that runs in one of two ledgers only. */
const buildThatMoved = (before: LedgerState, after: LedgerState): string | undefined => {
  const idsBefore = new Set(before.running.map(({ id }) => id));
  const idsAfter = new Set(after.running.map(({ id }) => id));
  return [...idsBefore].find((id) => !idsAfter.has(id)) ?? [...idsAfter].find((id) => !idsBefore.has(id));
};

const reportIfBehind = (
  { reportBehind, now }: ReadContext,
  tool: string,
  before: LedgerState,
  after: LedgerState,
  seen: { builds: readonly BuildRecord[]; observed: readonly ObservedRun[] },
): void => {
  const wrong = buildWithWrongRun(seen.builds, seen.observed, now());
  if (after !== before || wrong !== undefined) reportBehind(tool, buildThatMoved(before, after) ?? wrong);
};

/**
 * Returns the builds of a tool as a reconcile would leave them now: builds whose run has ended are finished, and free
 * slots are filled from the queue. Writes nothing. Reports a ledger that is behind, so that finish-build reconciles the
 * tool at once.
 */
export const previewReconcile = async (
  context: ReadContext,
  tool: string,
  options: PreviewOptions = {},
): Promise<Preview> => {
  const view = await context.ledger.read(tool);
  const builds = buildsToObserve(view.state, options);
  const ids = new Set(builds.map(({ id }) => id));
  const runs = await findRuns(context.kube, tool, [...ids]);
  const wanted = [...runs.values()].filter(({ metadata }) => ids.has(metadata.name));
  const observed = await Promise.all(wanted.map((run) => observe(context, run, true)));
  const state = await previewState(context, tool, view, observed);
  reportIfBehind(context, tool, view.state, state, { builds, observed });
  return { state, limits: view.limits, runs };
};
