import type { View } from '../ledger/ledger.ts';
import { actions, type ObservedRun, repair } from '../ledger/repair.ts';
import type { LedgerState } from '../ledger/types.ts';
import { changeAndClean } from './change.ts';
import type { BuildsContext } from './context.ts';
import { listRuns, observe, type Runs } from './observe.ts';
import { perform } from './perform.ts';

export type Reconciled = { state: LedgerState; runs: Runs; done: number };

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

const settle = async (
  context: BuildsContext,
  tool: string,
  view: View,
  observed: readonly ObservedRun[],
): Promise<LedgerState> => {
  const act = ({ state, limits }: View) => repair(state, observed, limits, context.now());
  if (act(view) === view.state) return view.state;
  return changeAndClean(context, tool, (fresh) => {
    const state = act(fresh);
    return { state, result: state };
  });
};

/**
 * Brings one tool's ledger and runs in line: what has ended is finished, free slots are filled from the queue, missing
 * runs are created, unwanted ones cancelled, archived ones let go. Whoever is unsure of anything calls this; it is safe
 * to call at any time, any number of times at once.
 */
export const reconcile = async (context: BuildsContext, tool: string): Promise<Reconciled> => {
  const { runs, view, observed } = await look(context, tool);
  const state = await settle(context, tool, view, observed);
  const needed = actions(state, observed);
  const results = await Promise.allSettled(needed.map((action) => perform(context, tool, runs, action)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  // Ends, as each refusal takes a build away.
  if (results.some((result) => result.status === 'fulfilled' && result.value)) return reconcile(context, tool);
  return { state, runs, done: needed.length };
};
