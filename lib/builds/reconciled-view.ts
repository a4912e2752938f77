import type { LedgerState } from '../ledger/types.ts';
import type { BuildView } from '../logs/types.ts';
import { buildStateIn } from './build-view.ts';
import type { BuildsContext } from './context.ts';
import { buildNotFound } from './not-found.ts';
import { readLedgerOf } from './observe.ts';
import { reconcile } from './reconcile.ts';

/** Returns the ledger of a tool. Reconciles the tool first where the ledger is behind the end of the build's run. */
const reconciledLedger = async (context: BuildsContext, tool: string, id: string): Promise<LedgerState> => {
  const { state, isBehind } = await readLedgerOf(context, tool, id);
  return isBehind ? (await reconcile(context, tool)).state : state;
};

/**
 * Returns a view of a build for a function that closes the build's log. Closing a log writes the state of the log into
 * the ledger, so the build must be finished in the ledger by then.
 * @throws ApiError 404 `build_not_found` from each read of an unknown or deleted build
 */
export const reconciledView = (context: BuildsContext, tool: string, id: string): BuildView => ({
  read: async () => {
    const found = buildStateIn(await reconciledLedger(context, tool, id), id);
    if (!found) throw buildNotFound(tool, id);
    return found;
  },
});
