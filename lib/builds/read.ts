import type { Build } from '../../openapi/generated/types.ts';
import { ApiError } from '../errors.ts';
import type { LedgerState } from '../ledger/types.ts';
import { isDone } from '../tekton/status.ts';
import type { BuildsContext } from './context.ts';
import { findRuns, type Runs } from './observe.ts';
import { presentAll } from './present.ts';
import { reconcile } from './reconcile.ts';

export const notFound = (tool: string, id: string): ApiError =>
  new ApiError(404, 'build_not_found', `The tool ${tool} has no build ${id}. List its builds to see their ids.`);

/** Whether what was just read shows that an event was missed, or has not been handled yet. */
const isBehind = (state: LedgerState, runs: Runs): boolean =>
  state.running.some(({ id }) => {
    const run = runs.get(id);
    return run ? isDone(run) : false;
  });

/** All builds of a tool, newest first: one read of the ledger, and of the run of each build that runs. */
export const listBuilds = async (context: BuildsContext, tool: string): Promise<Build[]> => {
  const { state, limits } = await context.ledger.read(tool);
  const runs = await findRuns(
    context.kube,
    tool,
    state.running.map(({ id }) => id),
  );
  if (!isBehind(state, runs)) return presentAll(state, limits, runs);
  const mended = await reconcile(context, tool);
  return presentAll(mended.state, limits, mended.runs);
};

/** @throws ApiError 404 `build_not_found` */
export const getBuild = async (context: BuildsContext, tool: string, id: string): Promise<Build> => {
  const build = (await listBuilds(context, tool)).find(({ build_id }) => build_id === id);
  if (!build) throw notFound(tool, id);
  return build;
};

/** @throws ApiError 404 `builds_none` */
export const getLatestBuild = async (context: BuildsContext, tool: string): Promise<Build> => {
  const [latest] = await listBuilds(context, tool);
  if (!latest) throw new ApiError(404, 'builds_none', 'No builds exist yet.');
  return latest;
};
