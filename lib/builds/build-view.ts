import type { BuildRecord, LedgerState } from '../ledger/types.ts';
import type { BuildState, BuildView } from '../logs/types.ts';
import type { ReadContext } from './context.ts';
import { previewReconcile } from './preview.ts';
import { buildNotFound } from './read.ts';

/** One build in a ledger, with its position in the queue; undefined for a build that is unknown or deleted. */
export const buildStateIn = ({ queued, running, finished }: LedgerState, id: string): BuildState | undefined => {
  const isIt = (build: BuildRecord) => build.id === id && !build.deletedAt;
  const position = queued.findIndex(isIt) + 1;
  const build = [...queued, ...running, ...finished].find(isIt);
  return build && { build, queuePosition: position || undefined };
};

/** One build for a reader of its log, as a reconcile would leave it. Writes nothing. @throws ApiError 404 `build_not_found` */
export const buildView = (context: ReadContext, tool: string, id: string): BuildView => ({
  read: async () => {
    const { state } = await previewReconcile(context, tool, { id });
    const found = buildStateIn(state, id);
    if (!found) throw buildNotFound(tool, id);
    return found;
  },
});
