import type { CloudEvent } from 'cloudevents';
import { closeBuildLog } from '../../lib/builds/close-log.ts';
import type { LogsContext } from '../../lib/builds/context.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ApiError } from '../../lib/errors.ts';
import { parseBuildEvent } from '../../lib/events/build-event.ts';
import { type ArchiverSettings, hasArchiver, startArchiver } from '../../lib/logs/archive/archiver-job.ts';
import { eventTypes, isRunEndEvent } from '../../lib/tekton/events.ts';

/** Dependencies of the function archive-logs: the builds, their logs and the archiver. */
export type ArchiveLogsOptions = LogsContext & { archiver: ArchiverSettings };

const startArchiverFor = async (options: ArchiveLogsOptions, tool: string, id: string): Promise<void> => {
  const { state, runs } = await reconcile(options, tool);
  // A run of builds-api that is not adopted has no build whose log could be archived.
  const run = state.running.some((build) => build.id === id) ? runs.get(id) : undefined;
  if (run) await startArchiver(options.kube, run, tool, options.archiver);
};

/**
 * Returns an error after which the broker sends an event again, because the log of the event's build has not ended yet.
 */
const notEnded = (): ApiError =>
  new ApiError(503, 'unavailable', 'The log has not ended yet. Retry in 2 s.', { retryAfter: 2 });

const closeWithoutArchiver = async (options: ArchiveLogsOptions, tool: string, id: string): Promise<void> => {
  const { state } = await reconcile(options, tool);
  const build = state.finished.find((finished) => finished.id === id && finished.log === 'live');
  if (!build || (await hasArchiver(options.kube, { tool, id }))) return;
  if (!(await closeBuildLog(options, tool, build))) throw notEnded();
  await reconcile(options, tool);
};

/**
 * Makes the handler of archive-logs. When a build runs, the handler starts the build's archiver, which closes the log's
 * archive at the end. When a build ends without a running archiver, the handler closes the archive itself.
 * @throws ApiError 503 when the log has not ended yet or cannot be read, so that the broker sends the event again
 */
export const createArchiveLogs =
  (options: ArchiveLogsOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool, build } = parseBuildEvent(event);
    if (build === undefined) return;
    if (type === eventTypes.taskRunRunning) await startArchiverFor(options, tool, build);
    if (isRunEndEvent(type)) await closeWithoutArchiver(options, tool, build);
  };
