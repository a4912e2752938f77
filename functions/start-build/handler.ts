import { versionWarnings } from '../../lib/builds/deprecated-versions.ts';
import { parseBuildRequest } from '../../lib/builds/parse-parameters.ts';
import { secretWarnings } from '../../lib/builds/secret-warnings.ts';
import { type StartContext, type StartedBuild, startBuild } from '../../lib/builds/start.ts';
import { administrators } from '../../lib/help.ts';
import { messages } from '../../lib/http/respond.ts';
import type { Handler } from '../../lib/http/types.ts';
import { formatBytes, type Storage, usedShare } from '../../lib/registry/sizes.ts';
import type { StartResponse } from '../../openapi/generated/types.ts';

export type StartBuildOptions = StartContext & {
  /** Reads how much registry storage a tool's images use. Undefined when the registry is too slow, or sets no limit. */
  storage: (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;
};

/** Used share of the registry's storage, from 0 to 1, above which the response of start-build has a warning. */
const warnAbove = 0.9;

/**
 * Returns the warning about storage that is used up. The build starts all the same, because its image may need no new
 * storage: layers that are stored already are not pushed. The registry can also count storage whose images are deleted
 * already, until its next garbage collection.
 */
const fullWarning = ({ usedBytes, limitBytes = 0 }: Storage): string => {
  if (limitBytes === 0)
    return `The tool has no storage in the registry (the limit is 0), so the image can't be pushed. Ask ${administrators}.`;
  return [
    `The registry's storage is full (${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} are used), so pushing the image may fail.`,
    'Run `toolforge build clean`, which deletes all images of the tool, and start the build again.',
    `If there is nothing to clean up, the registry frees the storage of deleted images later; if that takes too long, or if the tool needs more storage, ask ${administrators}.`,
  ].join(' ');
};

const storageWarnings = (storage: Storage | undefined): string[] => {
  const share = storage ? usedShare(storage) : 0;
  if (!storage || share <= warnAbove) return [];
  if (share >= 1) return [fullWarning(storage)];
  return [`${Math.floor(share * 100)}% of the registry's storage is used. Run \`toolforge build clean\` to free some.`];
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
    resolved_ref: started.resolvedRef,
    resolved_commit: started.commit,
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
    const started = await startBuild(options, tool, parameters, typeof key === 'string' ? key : undefined, signal);
    const warnings = [
      ...fieldWarnings(ignored),
      ...secretWarnings(started.parameters.envvars),
      ...versionWarnings(options.runSettings.versions, started.parameters),
      ...storageWarnings(await storage),
    ];
    return { json: response(started, warnings), audit: { build: started.id } };
  };
