import type { BuildRecord, LedgerState } from '../ledger/types.ts';
import type { BuildState, BuildView } from '../logs/types.ts';
import { statusOf } from '../tekton/status.ts';
import type { PipelineRun } from '../tekton/types.ts';
import type { ReadContext } from './context.ts';
import { buildNotFound } from './not-found.ts';
import { previewReconcile } from './preview.ts';

/** Returns a build of a ledger with its position in the queue. Undefined for a build that is unknown or deleted. */
export const buildStateIn = ({ queued, running, finished }: LedgerState, id: string): BuildState | undefined => {
  const isShown = (build: BuildRecord) => build.id === id && !build.deletedAt;
  const position = queued.findIndex(isShown) + 1;
  const build = [...queued, ...running, ...finished].find(isShown);
  return build && { build, queuePosition: position || undefined };
};

/** Returns the build with the status of its run while the run goes on. The ledger has no status of its own for that. */
const withRunStatus = (build: BuildRecord, run: PipelineRun | undefined): BuildRecord =>
  run && statusOf(run) === 'BUILD_RUNNING' && build.finishedAt === undefined
    ? { ...build, status: 'BUILD_RUNNING' }
    : build;

/**
 * Returns a view of a build for code that shows the build's log. Each read of the view returns the build as a reconcile
 * would leave it, and writes nothing.
 * @throws ApiError 404 `build_not_found` from each read of an unknown or deleted build
 */
export const buildView = (context: ReadContext, tool: string, id: string): BuildView => ({
  read: async () => {
    const { state, runs } = await previewReconcile(context, tool, { id });
    const found = buildStateIn(state, id);
    if (!found) throw buildNotFound(tool, id);
    return { ...found, build: withRunStatus(found.build, runs.get(id)) };
  },
});
