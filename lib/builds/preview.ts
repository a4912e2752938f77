import { admit } from '../capacity/state.ts';
import { adopt } from '../ledger/adopt.ts';
import { claimRequest } from '../ledger/claims.ts';
import { diff, type ObservedRun, reconciledState } from '../ledger/diff.ts';
import { knownIds } from '../ledger/gone.ts';
import { isEventOverdue } from '../ledger/run-events.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { BuildRecord, LedgerState, Limits } from '../ledger/types.ts';
import type { PipelineRun } from '../tekton/types.ts';
import type { ReadContext } from './context.ts';
import { deletedRun, findRuns, isUnadopted, listRuns, observe, type Runs } from './observe.ts';

/** The ledger of a tool as a reconcile would leave it, the tool's limits, and the runs that were read. */
export type Preview = { state: LedgerState; limits: Limits; runs: Runs };

export type PreviewOptions = {
  /** Id of the only build that the caller shows, so that fewer runs are read. Default: all builds of the tool. */
  id?: string;
};

/**
 * Time that a function has to create or cancel the run of a build after a write of the ledger, in milliseconds. After
 * that time a missing run, or a run that is not cancelled, is taken for the sign of a killed function.
 */
const graceMs = 5000;

/**
 * Returns the running builds whose runs must be read to show one build, or all builds of a tool. A running build is
 * shown from its own run, and a finished build from the ledger alone. A queued build needs all runs, because its
 * position in the queue changes when any running build ends.
 */
const buildsToObserve = ({ running, queued }: LedgerState, { id }: PreviewOptions): BuildRecord[] => {
  if (id === undefined || queued.some((build) => build.id === id)) return running;
  return running.filter((build) => build.id === id);
};

/**
 * Returns the ledger of a tool as `reconcile` would leave it. Claims of the cluster's slots are taken in memory only,
 * so that nothing is written.
 */
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

/**
 * Returns the id of the first running build whose run a reconcile would create, cancel or release. Builds that started
 * or were cancelled in the last 5 s are left out, because a function may still be creating or cancelling their runs.
 */
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
    false,
  );
  return change && (change.kind === 'create' ? change.build.id : change.id);
};

/**
 * Returns the id of the first build that runs in only one of two versions of a tool's ledger. The build is named in the
 * report that the ledger is behind. Undefined where the same builds run in both versions.
 */
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

/** Requests the archivers of running builds about which no event has come in time. */
const requestArchivers = (
  { requestArchiver, now }: ReadContext,
  tool: string,
  { running }: LedgerState,
  runs: Runs,
): void => {
  for (const build of running)
    if (isEventOverdue(build, runs.get(build.id)?.status?.startTime, now())) requestArchiver(tool, build.id);
};

/**
 * Returns the ids of the runs to read: those of the builds to show, and the one that the caller names where the ledger
 * does not know its build, because builds-api may have made that run. Undefined where the caller shows all builds and
 * builds-api may have made any of them, so that all runs of the tool must be listed.
 */
const runsToRead = (
  { buildsApiRuns }: ReadContext,
  state: LedgerState,
  builds: readonly BuildRecord[],
  { id }: PreviewOptions,
): string[] | undefined => {
  const ids = builds.map((build) => build.id);
  if (buildsApiRuns === 'ignore') return ids;
  if (id === undefined) return undefined;
  return knownIds(state).has(id) ? ids : [...ids, id];
};

/** Reads and observes the runs that a preview needs. The runs are read after the ledger. */
const observeRuns = async (context: ReadContext, tool: string, state: LedgerState, options: PreviewOptions) => {
  const builds = buildsToObserve(state, options);
  const wanted = new Set(builds.map(({ id }) => id));
  const read = runsToRead(context, state, builds, options);
  const runs = await (read === undefined ? listRuns(context.kube, tool) : findRuns(context.kube, tool, read));
  const known = knownIds(state);
  const isNew = (run: PipelineRun) => context.buildsApiRuns !== 'ignore' && isUnadopted(run, known);
  const shown = [...runs.values()].filter((run) => wanted.has(run.metadata.name) || isNew(run));
  const observed = await Promise.all(shown.map((run) => observe(context, run, true)));
  const deleted = builds.filter(({ id, adopted }) => adopted && !runs.has(id));
  return { builds, runs, observed: [...observed, ...deleted.map(({ id }) => deletedRun(id, context.now()))] };
};

/**
 * Returns the builds of a tool as a reconcile would leave them now: builds whose run has ended are finished, and free
 * slots are filled from the queue. Builds whose runs builds-api made are shown also before a reconcile adopts them.
 * Writes nothing. Reports a ledger that is behind, so that finish-build reconciles the tool at once.
 */
export const previewReconcile = async (
  context: ReadContext,
  tool: string,
  options: PreviewOptions = {},
): Promise<Preview> => {
  const { state: before, limits } = await context.ledger.read(tool);
  const { builds, runs, observed } = await observeRuns(context, tool, before, options);
  const adopted = adopt(before, observed, limits);
  const state = await previewState(context, tool, { state: adopted, limits }, observed);
  reportIfBehind(context, tool, context.buildsApiRuns === 'adopt' ? before : adopted, state, { builds, observed });
  requestArchivers(context, tool, state, runs);
  return { state, limits, runs };
};
