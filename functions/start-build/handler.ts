import { parseBuildRequest } from '../../lib/builds/parse-parameters.ts';
import { type StartContext, type StartedBuild, startBuild } from '../../lib/builds/start.ts';
import { ApiError } from '../../lib/errors.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import { type Storage, usedShare } from '../../lib/registry/sizes.ts';
import type { StartResponse } from '../../openapi/generated/types.ts';

export type StartBuildOptions = Omit<StartContext, 'mayStart'> & {
  /** Reads how much registry storage a tool's images use. Undefined when the registry is too slow, or sets no limit. */
  storage: (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;
};

/** Used share of the registry's storage, from 0 to 1, above which the response of start-build has a warning. */
const warnAbove = 0.9;

const storageWarnings = (storage: Storage | undefined): string[] => {
  const share = storage ? usedShare(storage) : 0;
  if (share <= warnAbove) return [];
  return [`${Math.floor(share * 100)}% of the registry's storage is used. Run \`toolforge build clean\` to free some.`];
};

/**
 * Refuses a build whose image could not be pushed, because the registry's storage is full. A build is not refused when
 * the use of storage is unknown: its push may succeed.
 */
const requireSpace = (storage: Storage | undefined): void => {
  if (!storage || usedShare(storage) < 1) return;
  throw new ApiError(
    409,
    'storage_full',
    "The registry's storage is full, so the image could not be pushed. Run `toolforge build clean` first.",
  );
};

const infos = ({ position }: StartedBuild): string[] =>
  position > 0
    ? [`The build waits at position ${position} in the queue; it starts when a running one has finished.`]
    : [];

const fieldWarnings = (ignored: readonly string[]): string[] =>
  ignored.map(
    (name) => `There is no field ${JSON.stringify(name)} in a build request, so it has no effect. Check its spelling.`,
  );

const response = (started: StartedBuild, warning: string[]): StartResponse => ({
  messages: messages({ info: infos(started), warning }),
  new_build: {
    name: started.id,
    resolved_ref: started.commit,
    parameters: started.parameters,
    ...(started.position > 0 ? { queue_position: started.position } : {}),
  },
});

/** Makes the handler of start-build, which starts or queues a build. */
export const createStartBuild =
  (options: StartBuildOptions): Handler =>
  async ({ params: { toolname: tool = '' }, headers, body, signal }) => {
    const { parameters, ignored } = parseBuildRequest(body);
    const key = headers['idempotency-key'];
    const storage = options.storage(tool, signal);
    const mayStart = async () => requireSpace(await storage);
    const context = { ...options, mayStart };
    const started = await startBuild(context, tool, parameters, typeof key === 'string' ? key : undefined, signal);
    const warnings = [...fieldWarnings(ignored), ...storageWarnings(await storage)];
    return { json: response(started, warnings), audit: { build: started.id } };
  };
