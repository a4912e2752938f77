import type { LedgerState } from '../ledger/types.ts';
import type { BuildView } from '../logs/types.ts';
import { hasRunEnded } from '../tekton/status.ts';
import { buildStateIn } from './build-view.ts';
import type { BuildsContext } from './context.ts';
import { findRun } from './observe.ts';
import { buildNotFound } from './read.ts';
import { reconcile } from './reconcile.ts';

/** The ledger. Where the build still runs there though its run has ended, the event is late or lost: the tool is reconciled. */
const reconciledLedger = async (context: BuildsContext, tool: string, id: string): Promise<LedgerState> => {
  const { state } = await context.ledger.read(tool);
  if (!state.running.some((build) => build.id === id)) return state;
  const run = await findRun(context.kube, id);
  return run && hasRunEnded(run) ? (await reconcile(context, tool)).state : state;
};

/**
 * One build for a function that closes its log: the result is written to the ledger, so the ledger must say by then
 * that the build has finished. @throws ApiError 404 `build_not_found`
 */
export const reconciledView = (context: BuildsContext, tool: string, id: string): BuildView => ({
  read: async () => {
    const found = buildStateIn(await reconciledLedger(context, tool, id), id);
    if (!found) throw buildNotFound(tool, id);
    return found;
  },
});
