import { closeBuildLog, isOverdue } from '../../lib/builds/close-log.ts';
import { type Correction, correctionsOf } from '../../lib/builds/correction.ts';
import { listRuns } from '../../lib/builds/observe.ts';
import { type Reconciled, reconcile } from '../../lib/builds/reconcile.ts';
import type { LedgerState } from '../../lib/ledger/types.ts';
import { hasArchiver, startArchiver } from '../../lib/logs/archive/archiver-job.ts';
import { removeArchiveIn } from '../../lib/logs/archive/remove.ts';
import { hasRunEnded } from '../../lib/tekton/status.ts';
import type { ArchiveLogsOptions } from '../archive-logs/handler.ts';

/** Starts an archiver for every running build that has none, also for builds whose runs were made just now. */
const startArchivers = async (
  { kube, archiver }: ArchiveLogsOptions,
  tool: string,
  { state, runs, corrections }: Reconciled,
): Promise<void> => {
  const created = new Set(corrections.flatMap(({ kind, id }) => (kind === 'run_created' ? [id] : [])));
  const current = created.size > 0 ? await listRuns(kube, tool) : runs;
  const live = state.running
    .flatMap(({ id }) => current.get(id) ?? [])
    .filter((run) => (run.status?.startTime || created.has(run.metadata.name)) && !hasRunEnded(run));
  for (const run of live) await startArchiver(kube, run, tool, archiver);
};

/** Closes the logs of finished builds, except logs that an archiver still writes. */
const closeLogs = async (
  options: ArchiveLogsOptions,
  tool: string,
  { finished }: LedgerState,
): Promise<Correction[]> => {
  const closed: string[] = [];
  for (const build of finished.filter(({ log }) => log === 'live')) {
    const isWritten = !isOverdue(build, options.now()) && (await hasArchiver(options.kube, { tool, id: build.id }));
    if (!isWritten && (await closeBuildLog(options, tool, build))) closed.push(build.id);
  }
  return correctionsOf('log_closed', closed);
};

/** Removes the archived logs of builds that left their tool's ledger before the logs could be deleted. */
const removeOrphanLogs = async (
  { removeLog }: ArchiveLogsOptions,
  tool: string,
  archived: ReadonlySet<string>,
  state: LedgerState,
): Promise<Correction[]> => {
  const known = new Set([...state.running, ...state.queued, ...state.finished].map(({ id }) => id));
  const orphans = [...archived].filter((id) => !known.has(id));
  for (const id of orphans) await removeLog(tool, id);
  return correctionsOf('log_removed', orphans);
};

/**
 * Corrects everything about one tool: its ledger, runs and claims, its archivers, and its logs.
 * @param archived ids of the builds with an archived log, listed before the ledger is read
 */
export const sweepTool = async (
  options: ArchiveLogsOptions,
  tool: string,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  const first = await reconcile(options, tool);
  await startArchivers(options, tool, first);
  const closed = await closeLogs(options, tool, first.state);
  // A run is kept until its log is closed, so a second reconcile must release the runs whose logs were closed just now.
  const second = closed.length > 0 ? await reconcile(options, tool) : undefined;
  const removed = await removeOrphanLogs(options, tool, archived, second?.state ?? first.state);
  return [...first.corrections, ...closed, ...(second?.corrections ?? []), ...removed];
};

/**
 * Removes the archived logs of a tool whose ledger was deleted. The keys of these logs in the object store are the only
 * trace of the tool's builds.
 * @param archived ids of the builds with an archived log, listed before this call looks for the ledger
 */
export const removeLogsWithoutLedger = async (
  { store, ledger: { exists } }: ArchiveLogsOptions,
  ledger: string,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  if (await exists(ledger)) return [];
  for (const id of archived) await removeArchiveIn(store, ledger, id);
  return correctionsOf('log_removed', archived);
};
