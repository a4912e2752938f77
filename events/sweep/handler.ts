import type { CloudEvent } from 'cloudevents';
import { closeBuildLog, isOverdue } from '../../lib/builds/close-log.ts';
import type { Correction } from '../../lib/builds/correction.ts';
import { type Reconciled, reconcile } from '../../lib/builds/reconcile.ts';
import { addCounts } from '../../lib/capacity/state.ts';
import { forEachParallel } from '../../lib/concurrency.ts';
import { ledgerName } from '../../lib/ledger/names.ts';
import type { LedgerState } from '../../lib/ledger/types.ts';
import { hasArchiver, startArchiver } from '../../lib/logs/archive/archiver-job.ts';
import { type Archives, listArchives } from '../../lib/logs/archive/list.ts';
import { removeArchiveIn } from '../../lib/logs/archive/remove.ts';
import { toolOf } from '../../lib/tekton/run.ts';
import { hasRunEnded } from '../../lib/tekton/status.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';
import type { ArchiveLogsOptions } from '../archive-logs/handler.ts';

/** Tools at once: sweep must not be what the API server is busy with. */
const parallel = 4;

export type SweepOptions = ArchiveLogsOptions & {
  /** Keeps the keys of issuers, for when they are away. */
  keepKeys: () => Promise<void>;
};

const closeLogs = async (
  options: ArchiveLogsOptions,
  tool: string,
  { finished }: LedgerState,
): Promise<Correction[]> => {
  const open = finished.filter(({ log }) => log === 'live');
  const closed: Correction[] = [];
  for (const entry of open) {
    const isBusy = !isOverdue(entry, options.now()) && (await hasArchiver(options.kube, entry.id));
    if (!isBusy && (await closeBuildLog(options, tool, entry))) closed.push({ kind: 'log_closed', id: entry.id });
  }
  return closed;
};

/** Logs whose build left the ledger before they could be deleted. */
const removeOrphans = async (
  { removeLog }: ArchiveLogsOptions,
  tool: string,
  archived: ReadonlySet<string>,
  state: LedgerState,
): Promise<Correction[]> => {
  const known = new Set([...state.running, ...state.queued, ...state.finished].map(({ id }) => id));
  const orphans = [...archived].filter((id) => !known.has(id));
  for (const id of orphans) await removeLog(tool, id);
  return orphans.map((id) => ({ kind: 'log_removed', id }));
};

const followRunning = async (
  { kube, archiver }: ArchiveLogsOptions,
  tool: string,
  { state, runs }: Reconciled,
): Promise<void> => {
  const live = state.running
    .flatMap(({ id }) => runs.get(id) ?? [])
    .filter((run) => run.status?.startTime && !hasRunEnded(run));
  for (const run of live) await startArchiver(kube, run, tool, archiver);
};

const mend = async (
  options: ArchiveLogsOptions,
  tool: string,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  const first = await reconcile(options, tool);
  await followRunning(options, tool, first);
  const closed = await closeLogs(options, tool, first.state);
  const last = closed.length > 0 ? await reconcile(options, tool) : { ...first, corrections: [] };
  const orphans = await removeOrphans(options, tool, archived, last.state);
  return [...first.corrections, ...closed, ...last.corrections, ...orphans];
};

/** Logs of a tool whose ledger was deleted, and with it all that its builds were known by. */
const removeForgotten = async (
  { store }: ArchiveLogsOptions,
  ledger: string,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  for (const id of archived) await removeArchiveIn(store, ledger, id);
  return [...archived].map((id) => ({ kind: 'log_removed', id }));
};

/** `tool`: whose ledger this is; undefined where nothing but archived logs tells of it. */
const mendLogged = async (
  options: ArchiveLogsOptions,
  ledger: string,
  tool: string | undefined,
  archived: ReadonlySet<string>,
): Promise<Correction[]> => {
  try {
    const isForgotten = tool === undefined;
    const mends = await (isForgotten ? removeForgotten(options, ledger, archived) : mend(options, tool, archived));
    for (const { kind, id } of mends) options.log('INFO', 'sweep corrected', { tool: tool ?? ledger, id, kind });
    return mends;
  } catch (error) {
    options.log('WARNING', 'sweep could not mend a tool; the next one tries again', { tool: tool ?? ledger, error });
    return [];
  }
};

/** The broker sends here what it could not deliver, and says with which answer. */
const isDeadLetter = ({ log }: ArchiveLogsOptions, event: CloudEvent<unknown> | undefined): boolean => {
  const { knativeerrorcode: answer, knativeerrordest: subscriber }: Record<string, unknown> = { ...event };
  if (!answer && !subscriber) return false;
  log('WARNING', 'an event was not delivered', { type: event?.type, build: event?.subject, answer, subscriber });
  return true;
};

/** Those that have a ledger, and those that hold a slot or have a run although somebody deleted theirs. */
const allTools = async ({ ledger, capacity, kube }: ArchiveLogsOptions): Promise<string[]> => {
  const [tools, { claims, waiting }, runs] = await Promise.all([
    ledger.tools(),
    capacity.read(),
    kube.list<PipelineRun>('pipelineruns'),
  ]);
  const others = [
    ...[...claims, ...waiting].map(({ tool }) => tool),
    ...runs.items.flatMap((run) => toolOf(run) ?? []),
  ];
  return [...new Set([...tools, ...others])];
};

/** None while the store doesn't say: builds are mended without it. */
const archivesOf = async ({ store, log }: ArchiveLogsOptions): Promise<Archives> => {
  try {
    return await listArchives(store);
  } catch (error) {
    log('WARNING', 'sweep could not look for logs without a build; the next one tries again', { error });
    return new Map();
  }
};

/** Nothing else remembers what was mended: no function keeps state. One write, and none where there is nothing to say. */
const remember = async (
  { capacity, log }: ArchiveLogsOptions,
  mends: Correction[],
  deadLetters: number,
): Promise<void> => {
  if (mends.length + deadLetters === 0) return;
  const mended: Record<string, number> = {};
  for (const { kind } of mends) mended[kind] = (mended[kind] ?? 0) + 1;
  try {
    await capacity.change((state) => ({ state: addCounts(state, { mended, deadLetters }), result: undefined }));
  } catch (error) {
    log('WARNING', 'what sweep mended is not in the metrics', { error });
  }
};

/**
 * Every ten minutes: whatever an event that never came, or a function that was killed, left undone. Does for each tool
 * what the others do at their time, so it may run beside them and beside itself.
 */
export const createSweep =
  (options: SweepOptions) =>
  async (event?: CloudEvent<unknown>): Promise<void> => {
    await options.keepKeys();
    const deadLetters = isDeadLetter(options, event) ? 1 : 0;
    // Listed before the ledgers are: a log is only written for a build that has an entry by then.
    const archives = await archivesOf(options);
    const tools = new Map((await allTools(options)).map((tool) => [ledgerName(tool), tool]));
    const ledgers = [...new Set([...tools.keys(), ...archives.keys()])];
    const mended: Correction[] = [];
    await forEachParallel(ledgers, parallel, async (ledger) => {
      mended.push(...(await mendLogged(options, ledger, tools.get(ledger), archives.get(ledger) ?? new Set())));
    });
    await remember(options, mended, deadLetters);
  };
