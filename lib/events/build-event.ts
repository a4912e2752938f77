import type { CloudEvent } from 'cloudevents';
import { ApiError } from '../errors.ts';

/**
 * What accept-tekton sends on: Tekton's type, and which build of which tool it is about, as read from the API server.
 * A hint all the same: whoever gets it reads the run.
 */
export type BuildEvent = { type: string; tool: string; build: string };

export const buildEventSource = '/builds/accept-tekton';

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 256;

/** @throws ApiError 400 for an event that is none of ours */
export const parseBuildEvent = (event: CloudEvent<unknown>): BuildEvent => {
  const { tool, build } = (event.data ?? {}) as Record<string, unknown>;
  if (event.source !== buildEventSource || !isName(tool) || !isName(build)) {
    throw new ApiError(
      400,
      'body_invalid',
      `This event must come from ${buildEventSource} and name a tool and a build.`,
    );
  }
  return { type: event.type, tool, build };
};
