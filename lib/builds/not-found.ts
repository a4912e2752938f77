import { ApiError } from '../errors.ts';

/** Returns the error for a build that is unknown or deleted: ApiError 404 `build_not_found`. */
export const buildNotFound = (tool: string, id: string): ApiError =>
  new ApiError(404, 'build_not_found', `The tool ${tool} has no build ${id}. List its builds to see their ids.`);
