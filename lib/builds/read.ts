/**
 * Reads builds for the functions list-builds and get-build. Reading builds writes nothing, see
 * docs/adr/0022-reads-only-read.md.
 */

import type { Build } from '../../openapi/generated/types.ts';
import { ApiError } from '../errors.ts';
import type { ShowContext } from './context.ts';
import { buildNotFound } from './not-found.ts';
import { presentBuilds } from './present.ts';
import { previewReconcile } from './preview.ts';

/** Returns all builds of a tool, newest first. Reads the ledger, and the run of each build that runs. */
export const listBuilds = async (context: ShowContext, tool: string): Promise<Build[]> => {
  const { state, limits, runs } = await previewReconcile(context, tool);
  return presentBuilds({ state, limits, runs }, context.versions);
};

/** Returns one build. @throws ApiError 404 `build_not_found` */
export const getBuild = async (context: ShowContext, tool: string, id: string): Promise<Build> => {
  const build = (await listBuilds(context, tool)).find(({ build_id }) => build_id === id);
  if (!build) throw buildNotFound(tool, id);
  return build;
};

/** Returns the newest build of a tool. @throws ApiError 404 `builds_none` */
export const getLatestBuild = async (context: ShowContext, tool: string): Promise<Build> => {
  const [latest] = await listBuilds(context, tool);
  if (!latest) throw new ApiError(404, 'builds_none', 'No builds exist yet.');
  return latest;
};
