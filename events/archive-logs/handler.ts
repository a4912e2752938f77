import type { CloudEvent } from 'cloudevents';
import { closeBuildLog } from '../../lib/builds/close-log.ts';
import type { LogsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ApiError } from '../../lib/errors.ts';
import { parseBuildEvent } from '../../lib/events/build-event.ts';
import { type ArchiverSettings, hasArchiver, startArchiver } from '../../lib/logs/archive/archiver-job.ts';
import { eventTypes, isRunEndEvent } from '../../lib/tekton/events.ts';

export type ArchiveLogsOptions = LogsContext & { archiver: ArchiverSettings };

const follow = async (
  { kube, archiver, ...context }: ArchiveLogsOptions,
  tool: string,
  build: string,
): Promise<void> => {
  const { runs } = await reconcile({ ...context, kube }, tool);
  const run = runs.get(build);
  if (run) await startArchiver(kube, run, tool, archiver);
};

const again = (): ApiError => new ApiError(503, 'unavailable', 'The log is not at its end yet.', { retryAfter: 2 });

const close = async (options: ArchiveLogsOptions, tool: string, build: string): Promise<void> => {
  const { state } = await reconcile(options, tool);
  const entry = state.finished.find(({ id, log }) => id === build && log === 'live');
  if (!entry || (await hasArchiver(options.kube, build))) return;
  if (!(await closeBuildLog(options, tool, entry))) throw again();
  await reconcile(options, tool);
};

/**
 * A build runs: let a Job follow its log into the archive, which that closes at the build's end. Where there is no such
 * Job, the final event closes it.
 */
export const createArchiveLogs =
  (options: ArchiveLogsOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool, build } = parseBuildEvent(event);
    if (build === undefined) return;
    if (type === eventTypes.taskRunRunning) await follow(options, tool, build);
    if (isRunEndEvent(type)) await close(options, tool, build);
  };
