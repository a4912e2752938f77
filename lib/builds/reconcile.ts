import { diff, type ObservedRun, type RunChange, reconciledState } from '../ledger/diff.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { BuildRecord, LedgerState } from '../ledger/types.ts';
import { applyChange } from './apply.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { type Correction, correctionsOf } from './correction.ts';
import { dispatch } from './dispatch.ts';
import { listRuns, observe, type Runs } from './observe.ts';
import { reconcileClaims } from './reconcile-claims.ts';

/** Result of a reconcile: the tool's ledger, the runs that were listed at the beginning, and the corrections. */
export type Reconciled = { state: LedgerState; runs: Runs; corrections: Correction[] };

type ObservedTool = { runs: Runs; view: LedgerView; observed: ObservedRun[] };

/**
 * Reads the runs and the ledger of a tool. The runs are listed before the ledger is read, as `reconciledState`
 * requires.
 */
const observeTool = async (context: BuildsContext, tool: string): Promise<ObservedTool> => {
  const { kube, ledger } = context;
  const runs = await listRuns(kube, tool);
  const view = await ledger.read(tool);
  const running = new Set(view.state.running.map(({ id }) => id));
  const observed = await Promise.all(
    [...runs.values()].map((run) => observe(context, run, running.has(run.metadata.name))),
  );
  return { runs, view, observed };
};

const idsOf = (builds: readonly BuildRecord[]): string[] => builds.map(({ id }) => id);

const ledgerCorrections = (before: LedgerState, after: LedgerState): Correction[] => {
  const running = new Set(idsOf(after.running));
  const finished = idsOf(before.running).filter((id) => !running.has(id));
  const promoted = idsOf(before.queued).filter((id) => running.has(id));
  return [...correctionsOf('finished', finished), ...correctionsOf('promoted', promoted)];
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
): Promise<LedgerResult> => {
  const reconciled = ({ state, limits }: LedgerView) => reconciledState(state, observed, limits, context.now());
  if (reconciled(view) === view.state) return { state: view.state, corrections: [] };
  return changeLedger(context, tool, (current) => {
    const state = reconciled(current);
    return { state, result: { state, corrections: ledgerCorrections(current.state, state) } };
  });
};

const kindOfChange = { create: 'run_created', cancel: 'run_cancelled', release: 'run_released' } as const;

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
const apply = async (context: BuildsContext, tool: string, observedTool: ObservedTool) => {
  const { state, corrections } = await applyToLedger(context, tool, observedTool);
  const changes = diff(state, observedTool.observed);
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
const reconcileTool = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const observedTool = await observeTool(context, tool);
  const applied = await apply(context, tool, observedTool).catch(async (error: unknown) => {
    await reconcileClaimsAfterFailure(context, tool, observedTool);
    throw error;
  });
  // reconcileTool calls itself only after Kubernetes has refused the run of a build. The build has then failed for
  // good, so the recursion ends.
  if (applied.hasLedgerChanged) return reconcileTool(context, tool);
  const { runs, view, observed } = observedTool;
  const { state } = applied;
  const claims = await reconcileClaims(context, tool, { state, limits: view.limits, observed });
  return { state, runs, corrections: [...applied.corrections, ...claims] };
};

/**
 * Brings the ledger and the runs of one tool in line: finishes builds whose run has ended, fills free slots from the
 * queue, creates missing runs, cancels unwanted runs and releases archived runs. Slots of the cluster that become free
 * go to the tools whose turn it is. Safe to call at any time, any number of times at once.
 */
export const reconcile = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const reconciled = await reconcileTool(context, tool);
  await dispatch(context, (other) => reconcileTool(context, other));
  return reconciled;
};
