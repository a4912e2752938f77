import type { BuildRecord, LedgerState } from '../ledger/types.ts';
import type { BuildState, BuildView } from '../logs/types.ts';
import { isDone } from '../tekton/status.ts';
import type { BuildsContext } from './context.ts';
import { findRun } from './observe.ts';
import { notFound } from './read.ts';
import { reconcile } from './reconcile.ts';

/** A run that has ended while its entry still runs means an event on its way, or lost: the reader doesn't wait for it. */
const settled = async (context: BuildsContext, tool: string, id: string): Promise<LedgerState> => {
  const { state } = await context.ledger.read(tool);
  if (!state.running.some((entry) => entry.id === id)) return state;
  const run = await findRun(context.kube, id);
  return run && isDone(run) ? (await reconcile(context, tool)).state : state;
};

const stateOf = ({ queued, running, finished }: LedgerState, id: string): BuildState | undefined => {
  const isIt = (entry: BuildRecord) => entry.id === id && !entry.deletedAt;
  const position = queued.findIndex(isIt) + 1;
  const entry = [...queued, ...running, ...finished].find(isIt);
  return entry && { build: entry, queuePosition: position || undefined };
};

/** One build as the ledger has it at each look. @throws ApiError 404 `build_not_found` */
export const buildView = (context: BuildsContext, tool: string, id: string): BuildView => ({
  read: async () => {
    const state = stateOf(await settled(context, tool, id), id);
    if (!state) throw notFound(tool, id);
    return state;
  },
});
