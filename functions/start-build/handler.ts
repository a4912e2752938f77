import { type StartContext, type Started, startBuild } from '../../lib/builds/start.ts';
import { requireJson } from '../../lib/http/body.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import { parseBuildParameters } from '../../lib/http/validate.ts';
import { type Storage, usedShare } from '../../lib/registry/sizes.ts';
import type { StartResponse } from '../../openapi/generated/types.ts';

export type StartBuildOptions = StartContext & {
  /** What the tool's images take up; undefined when the registry does not say in time. */
  storage: (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;
};

const warnAbove = 0.9;

const storageWarnings = (storage: Storage | undefined): string[] => {
  const share = storage ? usedShare(storage) : 0;
  if (share <= warnAbove) return [];
  return [`${Math.floor(share * 100)}% of the registry's storage is used. Run \`toolforge build clean\` to free some.`];
};

const infos = ({ position }: Started): string[] =>
  position > 0
    ? [`The build waits at position ${position} in the queue; it starts when a running one has finished.`]
    : [];

const response = (started: Started, storage: Storage | undefined): StartResponse => ({
  messages: messages({ info: infos(started), warning: storageWarnings(storage) }),
  new_build: {
    name: started.id,
    resolved_ref: started.commit,
    parameters: started.parameters,
    ...(started.position > 0 ? { queue_position: started.position } : {}),
  },
});

export const createStartBuild =
  (options: StartBuildOptions): Handler =>
  async ({ params: { toolname: tool = '' }, headers, body, signal }) => {
    requireJson({ headers });
    const parameters = parseBuildParameters(body);
    const key = headers['idempotency-key'];
    const [started, storage] = await Promise.all([
      startBuild(options, tool, parameters, typeof key === 'string' ? key : undefined, signal),
      options.storage(tool, signal),
    ]);
    return { json: response(started, storage) };
  };
