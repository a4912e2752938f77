import { diff, type ObservedRun, type RunChange, reconciledState } from '../ledger/diff.ts';
import type { LedgerView } from '../ledger/store.ts';
import type { LedgerState } from '../ledger/types.ts';
import { applyChange } from './apply.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import type { Correction } from './correction.ts';
import { dispatch } from './dispatch.ts';
import { listRuns, observe, type Runs } from './observe.ts';
import { reconcileClaims } from './reconcile-claims.ts';

export type Reconciled = { state: LedgerState; runs: Runs; corrections: Correction[] };

type Looked = { runs: Runs; view: LedgerView; observed: ObservedRun[] };

/** The runs before the ledger: see repair. */
const look = async (context: BuildsContext, tool: string): Promise<Looked> => {
  const { kube, ledger } = context;
  const runs = await listRuns(kube, tool);
  const view = await ledger.read(tool);
  const running = new Set(view.state.running.map(({ id }) => id));
  const observed = await Promise.all(
    [...runs.values()].map((run) => observe(context, run, running.has(run.metadata.name))),
  );
  return { runs, view, observed };
};

const mendsOf = (before: LedgerState, after: LedgerState): Correction[] => {
  const running = new Set(after.running.map(({ id }) => id));
  const finished = before.running.filter(({ id }) => !running.has(id));
  const promoted = before.queued.filter(({ id }) => running.has(id));
  return [
    ...finished.map(({ id }) => ({ kind: 'finished' as const, id })),
    ...promoted.map(({ id }) => ({ kind: 'promoted' as const, id })),
  ];
};

const settle = async (
  context: BuildsContext,
  tool: string,
  view: LedgerView,
  observed: readonly ObservedRun[],
): Promise<{ state: LedgerState; mends: Correction[] }> => {
  const act = ({ state, limits }: LedgerView) => reconciledState(state, observed, limits, context.now());
  if (act(view) === view.state) return { state: view.state, mends: [] };
  return changeLedger(context, tool, (fresh) => {
    const state = act(fresh);
    return { state, result: { state, mends: mendsOf(fresh.state, state) } };
  });
};

const done = { create: 'run_created', cancel: 'run_cancelled', release: 'run_released' } as const;

const mendOf = (action: RunChange): Correction => ({
  kind: done[action.kind],
  id: action.kind === 'create' ? action.build.id : action.id,
});

/** The ledger, then the runs. `isRefused`: a build was taken away, so that another look is due. */
const mendAll = async (context: BuildsContext, tool: string, { runs, view, observed }: Looked) => {
  const { state, mends } = await settle(context, tool, view, observed);
  const needed = diff(state, observed);
  const results = await Promise.allSettled(needed.map((action) => applyChange(context, tool, runs, action)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const isRefused = results.some((result) => result.status === 'fulfilled' && result.value);
  return { state, mends: [...mends, ...needed.map(mendOf)], isRefused };
};

/** What failed must not keep slots from the other tools. The ledger is read again: some of it may have been done. */
const auditAfterFailure = async (context: BuildsContext, tool: string, { observed }: Looked): Promise<void> => {
  try {
    await reconcileClaims(context, tool, { ...(await context.ledger.read(tool)), observed });
  } catch (error) {
    context.log('WARNING', 'the claims of a tool were not looked after; sweep will', { tool, error });
  }
};

/** What `reconcile` does, but leaves slots that are other tools' to them. */
export const reconcileTool = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const looked = await look(context, tool);
  const mended = await mendAll(context, tool, looked).catch(async (error: unknown) => {
    await auditAfterFailure(context, tool, looked);
    throw error;
  });
  // Ends, as each refusal takes a build away.
  if (mended.isRefused) return reconcileTool(context, tool);
  const { runs, view, observed } = looked;
  const claims = await reconcileClaims(context, tool, { state: mended.state, limits: view.limits, observed });
  return { state: mended.state, runs, corrections: [...mended.mends, ...claims] };
};

/**
 * Brings one tool's ledger and runs in line: what has ended is finished, free slots are filled from the queue, missing
 * runs are created, unwanted ones cancelled, archived ones let go. Slots of the cluster that this gives free go to the
 * tools whose turn it is. Whoever is unsure of anything calls this; it is safe to call at any time, any number of times
 * at once.
 */
export const reconcile = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const reconciled = await reconcileTool(context, tool);
  await dispatch(context, (other) => reconcileTool(context, other));
  return reconciled;
};
