import { adopt } from '../ledger/adopt.ts';
import { diff, type ObservedRun, type RunChange, reconciledState } from '../ledger/diff.ts';
import { knownIds } from '../ledger/gone.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { BuildRecord, LedgerState } from '../ledger/types.ts';
import type { PipelineRun } from '../tekton/types.ts';
import { applyChange } from './apply.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { type Correction, correctionsOf } from './correction.ts';
import { dispatch } from './dispatch.ts';
import { deletedRun, findRun, isUnadopted, listRuns, observe, type Runs } from './observe.ts';
import { reconcileClaims } from './reconcile-claims.ts';

/** Result of a reconcile: the tool's ledger, the runs that were listed at the beginning, and the corrections. */
export type Reconciled = { state: LedgerState; runs: Runs; corrections: Correction[] };

type ObservedTool = { runs: Runs; view: LedgerView; observed: ObservedRun[] };

const idsOf = (builds: readonly BuildRecord[]): string[] => builds.map(({ id }) => id);

/**
 * Reads the runs of adopted builds that a list of the tool's runs lacks. The list is older than the ledger, so a run may
 * have been made and adopted after the list. A run that is not found now was deleted.
 */
const observeMissing = async (
  context: BuildsContext,
  tool: string,
  { running }: LedgerState,
  runs: Runs,
): Promise<ObservedRun[]> => {
  const missing = running.filter(({ id, adopted }) => adopted && !runs.has(id));
  return Promise.all(
    missing.map(async ({ id }) => {
      const run = await findRun(context.kube, tool, id);
      return run ? observe(context, run, true) : deletedRun(id, context.now());
    }),
  );
};

/**
 * Reads the runs and the ledger of a tool. The runs are listed before the ledger is read, as `reconciledState`
 * requires.
 */
const observeTool = async (context: BuildsContext, tool: string): Promise<ObservedTool> => {
  const { kube, ledger, buildsApiRuns } = context;
  const listed = await listRuns(kube, tool);
  const view = await ledger.read(tool);
  const known = knownIds(view.state);
  const isNew = (run: PipelineRun) => isUnadopted(run, known);
  const runs = new Map([...listed].filter(([, run]) => buildsApiRuns !== 'ignore' || !isNew(run)));
  const running = new Set(idsOf(view.state.running));
  const observed = await Promise.all(
    [...runs.values()].map((run) => observe(context, run, running.has(run.metadata.name) || isNew(run))),
  );
  return { runs, view, observed: [...observed, ...(await observeMissing(context, tool, view.state, listed))] };
};

const ledgerCorrections = (before: LedgerState, after: LedgerState): Correction[] => {
  const running = new Set(idsOf(after.running));
  const finished = idsOf(before.running).filter((id) => !running.has(id));
  const promoted = idsOf(before.queued).filter((id) => running.has(id));
  const known = knownIds(before);
  const adopted = idsOf([...after.running, ...after.finished]).filter((id) => !known.has(id));
  return [
    ...correctionsOf('adopted', adopted),
    ...correctionsOf('finished', finished),
    ...correctionsOf('promoted', promoted),
  ];
};

type LedgerResult = { state: LedgerState; corrections: Correction[] };

/**
 * Writes the ledger of a tool so that the ledger matches the observed runs. Writes nothing where the ledger matches
 * already.
 */
const applyToLedger = async (
  context: BuildsContext,
  tool: string,
  { view, observed }: ObservedTool,
  adopts: boolean,
): Promise<LedgerResult> => {
  const reconciled = ({ state, limits }: LedgerView) =>
    reconciledState(adopts ? adopt(state, observed, limits) : state, observed, limits, context.now());
  if (reconciled(view) === view.state) return { state: view.state, corrections: [] };
  return changeLedger(context, tool, (current) => {
    const state = reconciled(current);
    return { state, result: { state, corrections: ledgerCorrections(current.state, state) } };
  });
};

const kindOfChange = {
  create: 'run_created',
  cancel: 'run_cancelled',
  unlock: 'run_unlocked',
  release: 'run_released',
} as const;

const runCorrection = (change: RunChange): Correction => ({
  kind: kindOfChange[change.kind],
  id: change.kind === 'create' ? change.build.id : change.id,
});

/**
 * Applies all changes to the runs of a tool, even where one of the changes fails.
 * @returns whether the ledger has changed as well, because Kubernetes refused a run
 * @throws the error of the first change that failed
 */
const applyToRuns = async (
  context: BuildsContext,
  tool: string,
  runs: Runs,
  changes: readonly RunChange[],
): Promise<boolean> => {
  const results = await Promise.allSettled(changes.map((change) => applyChange(context, tool, runs, change)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.some((result) => result.status === 'fulfilled' && result.value);
};

/** Applies the differences between the ledger and the runs: first to the ledger, then to the runs. */
const apply = async (context: BuildsContext, tool: string, observedTool: ObservedTool, adopts: boolean) => {
  const { state, corrections } = await applyToLedger(context, tool, observedTool, adopts);
  const changes = diff(state, observedTool.observed, context.buildsApiRuns !== 'ignore');
  const hasLedgerChanged = await applyToRuns(context, tool, observedTool.runs, changes);
  return { state, corrections: [...corrections, ...changes.map(runCorrection)], hasLedgerChanged };
};

/**
 * Reconciles the claims of a tool whose own reconcile failed, so that the failure keeps no slots from other tools.
 * Reads the ledger again, because some changes may have been written before the failure.
 */
const reconcileClaimsAfterFailure = async (
  context: BuildsContext,
  tool: string,
  { observed }: ObservedTool,
): Promise<void> => {
  try {
    await reconcileClaims(context, tool, { ...(await context.ledger.read(tool)), observed });
  } catch (error) {
    context.log('WARNING', 'the claims of a tool were not reconciled; sweep reconciles them', { tool, error });
  }
};

/** Reconciles one tool, but gives no free slots of the cluster to other tools. */
const reconcileTool = async (context: BuildsContext, tool: string, adopts: boolean): Promise<Reconciled> => {
  const observedTool = await observeTool(context, tool);
  const applied = await apply(context, tool, observedTool, adopts).catch(async (error: unknown) => {
    await reconcileClaimsAfterFailure(context, tool, observedTool);
    throw error;
  });
  // reconcileTool calls itself only after Kubernetes has refused the run of a build. The build has then failed for
  // good, so the recursion ends.
  if (applied.hasLedgerChanged) return reconcileTool(context, tool, adopts);
  const { runs, view, observed } = observedTool;
  const { state } = applied;
  const claims = await reconcileClaims(context, tool, { state, limits: view.limits, observed });
  return { state, runs, corrections: [...applied.corrections, ...claims] };
};

const adoptsAlways = ({ buildsApiRuns }: BuildsContext): boolean => buildsApiRuns === 'adopt';

/**
 * Brings the ledger and the runs of one tool in line: finishes builds whose run has ended, fills free slots from the
 * queue, creates missing runs, cancels unwanted runs and releases archived runs. Slots of the cluster that become free
 * go to the tools whose turn it is. Safe to call at any time, any number of times at once.
 * @param adopts whether the tool's runs that builds-api made are adopted. Default: as the setting says
 */
export const reconcile = async (
  context: BuildsContext,
  tool: string,
  adopts = adoptsAlways(context),
): Promise<Reconciled> => {
  const reconciled = await reconcileTool(context, tool, adopts);
  await dispatch(context, (other) => reconcileTool(context, other, adoptsAlways(context)));
  return reconciled;
};
