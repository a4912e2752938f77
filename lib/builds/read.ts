import type { Build } from '../../openapi/generated/types.ts';
import { ApiError } from '../errors.ts';
import type { ReadContext } from './context.ts';
import { presentBuilds } from './present.ts';
import { previewReconcile } from './preview.ts';

export const buildNotFound = (tool: string, id: string): ApiError =>
  new ApiError(404, 'build_not_found', `The tool ${tool} has no build ${id}. List its builds to see their ids.`);

/** All builds of a tool, newest first: one read of the ledger, and of the run of each build that runs. Writes nothing. */
export const listBuilds = async (context: ReadContext, tool: string): Promise<Build[]> => {
  const { state, limits, runs } = await previewReconcile(context, tool);
  return presentBuilds(state, limits, runs);
};

/** One build. Writes nothing. @throws ApiError 404 `build_not_found` */
export const getBuild = async (context: ReadContext, tool: string, id: string): Promise<Build> => {
  const build = (await listBuilds(context, tool)).find(({ build_id }) => build_id === id);
  if (!build) throw buildNotFound(tool, id);
  return build;
};

/** The newest build of a tool. Writes nothing. @throws ApiError 404 `builds_none` */
export const getLatestBuild = async (context: ReadContext, tool: string): Promise<Build> => {
  const [latest] = await listBuilds(context, tool);
  if (!latest) throw new ApiError(404, 'builds_none', 'No builds exist yet.');
  return latest;
};
