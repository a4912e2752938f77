import type { CloudEvent } from 'cloudevents';
import { changeLedger } from '../../lib/builds/change-ledger.ts';
import { closeBuildLog } from '../../lib/builds/close-log.ts';
import type { LogsContext } from '../../lib/builds/context.ts';
import { findRun } from '../../lib/builds/observe.ts';
import { reconcile } from '../../lib/builds/reconcile.ts';
import { ApiError } from '../../lib/errors.ts';
import { archiverWantedType, parseBuildEvent } from '../../lib/events/build-event.ts';
import { isEventOverdue, noteEvent, noteMissedEvent } from '../../lib/ledger/run-events.ts';
import type { LedgerState } from '../../lib/ledger/types.ts';
import { type ArchiverSettings, hasArchiver, startArchiver } from '../../lib/logs/archive/archiver-job.ts';
import { eventTypes, isRunEndEvent } from '../../lib/tekton/events.ts';
import { hasRunEnded } from '../../lib/tekton/status.ts';

/** Dependencies of the function archive-logs: the builds, their logs and the archiver. */
export type ArchiveLogsOptions = LogsContext & { archiver: ArchiverSettings };

/** Changes the ledger of a tool by a pure function. Writes nothing where the function changes nothing. */
const note = async (
  options: ArchiveLogsOptions,
  tool: string,
  state: LedgerState,
  change: (state: LedgerState) => LedgerState,
): Promise<void> => {
  if (change(state) === state) return;
  await changeLedger(options, tool, (view) => ({ state: change(view.state), result: undefined }));
};

/**
 * Starts the archiver of a build on Tekton's event that the build runs. The ledger notes the event first, because builds
 * that end without any event show that events are lost.
 */
const startOnEvent = async (options: ArchiveLogsOptions, tool: string, id: string): Promise<void> => {
  const { state, runs } = await reconcile(options, tool);
  // A run of builds-api that is not adopted has no build whose log could be archived.
  const run = state.running.some((build) => build.id === id) ? runs.get(id) : undefined;
  await note(options, tool, state, (current) => noteEvent(current, id));
  if (run) await startArchiver(options.kube, run, tool, options.archiver);
};

/**
 * Starts the archiver of a build that another function has requested. The ledger notes that Tekton's event is overdue, so
 * that reads don't request the archiver again. The ledger notes that first: where the archiver can't be started, the broker
 * sends the request again.
 */
const startOnRequest = async (options: ArchiveLogsOptions, tool: string, id: string): Promise<void> => {
  const { state } = await options.ledger.read(tool);
  const build = state.running.find((running) => running.id === id);
  const run = build && (await findRun(options.kube, tool, id));
  if (!build || !run || hasRunEnded(run)) return;
  if (isEventOverdue(build, run.status?.startTime, options.now()))
    await note(options, tool, state, (current) => noteMissedEvent(current, id));
  await startArchiver(options.kube, run, tool, options.archiver);
};

/**
 * Returns an error after which the broker sends an event again, because the log of the event's build has not ended yet.
 */
const notEnded = (): ApiError =>
  new ApiError(503, 'unavailable', 'The log has not ended yet. Retry in 2 s.', { retryAfter: 2 });

const closeWithoutArchiver = async (options: ArchiveLogsOptions, tool: string, id: string): Promise<void> => {
  const { state } = await reconcile(options, tool);
  await note(options, tool, state, (current) => noteEvent(current, id));
  const build = state.finished.find((finished) => finished.id === id && finished.log === 'live');
  if (!build || (await hasArchiver(options.kube, { tool, id }))) return;
  if (!(await closeBuildLog(options, tool, build))) throw notEnded();
  await reconcile(options, tool);
};

/**
 * Makes the handler of archive-logs. When a build runs, and on request, the handler starts the build's archiver, which
 * closes the log's archive at the end. When a build ends without a running archiver, the handler closes the archive
 * itself.
 * @throws ApiError 503 when the log has not ended yet or cannot be read, so that the broker sends the event again
 */
export const createArchiveLogs =
  (options: ArchiveLogsOptions) =>
  async (event: CloudEvent<unknown>): Promise<void> => {
    const { type, tool, build } = parseBuildEvent(event);
    if (build === undefined) return;
    if (type === eventTypes.taskRunRunning) await startOnEvent(options, tool, build);
    if (type === archiverWantedType) await startOnRequest(options, tool, build);
    if (isRunEndEvent(type)) await closeWithoutArchiver(options, tool, build);
  };
