import type { CloudEvent } from 'cloudevents';
import { closeBuildLog } from '../../lib/builds/close-log.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ApiError } from '../../lib/errors.ts';
import { parseBuildEvent } from '../../lib/events/build-event.ts';
import type { LogsContext } from '../../lib/logs/from-settings.ts';
import { type FollowerSettings, isFollowed, startFollower } from '../../lib/logs/archive/archiver-job.ts';
import { eventTypes, isFinal } from '../../lib/tekton/events.ts';

export type IndexLogsOptions = LogsContext & { follower: FollowerSettings };

const follow = async ({ kube, follower, ...context }: IndexLogsOptions, tool: string, build: string): Promise<void> => {
  const { runs } = await reconcile({ ...context, kube }, tool);
  const run = runs.get(build);
  if (run) await startFollower(kube, run, tool, follower);
};

const again = (): ApiError => new ApiError(503, 'unavailable', 'The log is not at its end yet.', { retryAfter: 2 });

const close = async (options: IndexLogsOptions, tool: string, build: string): Promise<void> => {
  const { state } = await reconcile(options, tool);
  const entry = state.finished.find(({ id, log }) => id === build && log === 'live');
  if (!entry || (await isFollowed(options.kube, build))) return;
  if (!(await closeBuildLog(options, tool, entry))) throw again();
  await reconcile(options, tool);
};

/**
 * A build runs: let a Job follow its log into the archive, which that closes at the build's end. Where there is no such
 * Job, the final event closes it.
 */
export const createIndexLogs =
  (options: IndexLogsOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool, build } = parseBuildEvent(event);
    if (type === eventTypes.taskRunRunning) await follow(options, tool, build);
    if (isFinal(type)) await close(options, tool, build);
  };
