import type { View } from '../ledger/ledger.ts';
import { type Action, actions, type ObservedRun, repair } from '../ledger/repair.ts';
import type { LedgerState } from '../ledger/types.ts';
import { changeAndClean } from './change.ts';
import { auditClaims } from './claims.ts';
import type { BuildsContext } from './context.ts';
import { dispatch } from './dispatch.ts';
import type { Mend } from './mend.ts';
import { listRuns, observe, type Runs } from './observe.ts';
import { perform } from './perform.ts';

export type Reconciled = { state: LedgerState; runs: Runs; mends: Mend[] };

/** The runs before the ledger: see repair. */
const look = async (context: BuildsContext, tool: string) => {
  const { kube, ledger } = context;
  const runs = await listRuns(kube, tool);
  const view = await ledger.read(tool);
  const running = new Set(view.state.running.map(({ id }) => id));
  const observed = await Promise.all(
    [...runs.values()].map((run) => observe(context, run, running.has(run.metadata.name))),
  );
  return { runs, view, observed };
};

const mendsOf = (before: LedgerState, after: LedgerState): Mend[] => {
  const running = new Set(after.running.map(({ id }) => id));
  const finished = before.running.filter(({ id }) => !running.has(id));
  const promoted = before.queued.filter(({ id }) => running.has(id));
  return [
    ...finished.map(({ id }) => ({ what: 'finished' as const, id })),
    ...promoted.map(({ id }) => ({ what: 'promoted' as const, id })),
  ];
};

const settle = async (
  context: BuildsContext,
  tool: string,
  view: View,
  observed: readonly ObservedRun[],
): Promise<{ state: LedgerState; mends: Mend[] }> => {
  const act = ({ state, limits }: View) => repair(state, observed, limits, context.now());
  if (act(view) === view.state) return { state: view.state, mends: [] };
  return changeAndClean(context, tool, (fresh) => {
    const state = act(fresh);
    return { state, result: { state, mends: mendsOf(fresh.state, state) } };
  });
};

const done = { create: 'run_created', cancel: 'run_cancelled', release: 'run_released' } as const;

const mendOf = (action: Action): Mend => ({
  what: done[action.kind],
  id: action.kind === 'create' ? action.entry.id : action.id,
});

/** What `reconcile` does, but leaves slots that are other tools' to them. */
export const reconcileTool = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const { runs, view, observed } = await look(context, tool);
  const settled = await settle(context, tool, view, observed);
  const needed = actions(settled.state, observed);
  const results = await Promise.allSettled(needed.map((action) => perform(context, tool, runs, action)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  // Ends, as each refusal takes a build away.
  if (results.some((result) => result.status === 'fulfilled' && result.value)) return reconcileTool(context, tool);
  const claims = await auditClaims(context, tool, { state: settled.state, limits: view.limits, observed });
  return { state: settled.state, runs, mends: [...settled.mends, ...needed.map(mendOf), ...claims] };
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
