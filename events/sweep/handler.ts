import type { CloudEvent } from 'cloudevents';
import { closeBuildLog, isOverdue } from '../../lib/builds/logs.ts';
import { type Reconciled, reconcile } from '../../lib/builds/reconcile.ts';
import type { LedgerState } from '../../lib/ledger/types.ts';
import { listArchives } from '../../lib/logs/archives.ts';
import { isFollowed, startFollower } from '../../lib/logs/follower.ts';
import { isDone } from '../../lib/tekton/status.ts';
import type { IndexLogsOptions } from '../index-logs/handler.ts';

/** Tools at once: sweep must not be what the API server is busy with. */
const parallel = 4;

export type SweepOptions = IndexLogsOptions & {
  /** Keeps the keys of issuers, for when they are away. */
  keepKeys: () => Promise<void>;
};

type Mended = { actions: number; closed: number; orphans: number };

const closeLogs = async (options: IndexLogsOptions, tool: string, { finished }: LedgerState): Promise<number> => {
  const open = finished.filter(({ log }) => log === 'live');
  const closed = [];
  for (const entry of open) {
    const isBusy = !isOverdue(entry, options.now()) && (await isFollowed(options.kube, entry.id));
    if (!isBusy) closed.push(await closeBuildLog(options, tool, entry));
  }
  return closed.filter(Boolean).length;
};

/** Logs whose build left the ledger before they could be deleted. */
const removeOrphans = async (
  { removeLog }: IndexLogsOptions,
  tool: string,
  archived: readonly string[],
  state: LedgerState,
): Promise<number> => {
  const known = new Set([...state.running, ...state.queued, ...state.finished].map(({ id }) => id));
  const orphans = archived.filter((id) => !known.has(id));
  for (const id of orphans) await removeLog(tool, id);
  return orphans.length;
};

const followRunning = async (
  { kube, follower }: IndexLogsOptions,
  tool: string,
  { state, runs }: Reconciled,
): Promise<void> => {
  const live = state.running
    .flatMap(({ id }) => runs.get(id) ?? [])
    .filter((run) => run.status?.startTime && !isDone(run));
  for (const run of live) await startFollower(kube, run, tool, follower);
};

const mend = async (options: IndexLogsOptions, tool: string): Promise<Mended> => {
  // Listed before the ledger is read: a log is only written for a build that has an entry by then.
  const archived = await listArchives(options.store, tool);
  const first = await reconcile(options, tool);
  await followRunning(options, tool, first);
  const closed = await closeLogs(options, tool, first.state);
  const last = closed > 0 ? await reconcile(options, tool) : { ...first, done: 0 };
  const orphans = await removeOrphans(options, tool, archived, last.state);
  return { actions: first.done + last.done, closed, orphans };
};

const mendLogged = async (options: IndexLogsOptions, tool: string): Promise<void> => {
  try {
    const mended = await mend(options, tool);
    if (mended.actions + mended.closed + mended.orphans > 0) options.log('INFO', 'sweep mended', { tool, ...mended });
  } catch (error) {
    options.log('WARNING', 'sweep could not mend a tool; the next one tries again', { tool, error });
  }
};

/** The broker sends here what it could not deliver, and says with which answer. */
const noteDeadLetter = ({ log }: IndexLogsOptions, event: CloudEvent<unknown> | undefined): void => {
  const { knativeerrorcode: answer, knativeerrordest: subscriber }: Record<string, unknown> = { ...event };
  if (!answer && !subscriber) return;
  log('WARNING', 'an event was not delivered', { type: event?.type, build: event?.subject, answer, subscriber });
};

/**
 * Every ten minutes: whatever an event that never came, or a function that was killed, left undone. Does for each tool
 * what the others do at their time, so it may run beside them and beside itself.
 */
export const createSweep =
  (options: SweepOptions) =>
  async (event?: CloudEvent<unknown>): Promise<void> => {
    noteDeadLetter(options, event);
    await options.keepKeys();
    const tools = await options.ledger.tools();
    const work = async (): Promise<void> => {
      for (let tool = tools.pop(); tool !== undefined; tool = tools.pop()) await mendLogged(options, tool);
    };
    await Promise.all(Array.from({ length: parallel }, work));
  };
