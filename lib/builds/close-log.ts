import { ApiError } from '../errors.ts';
import { closeLog } from '../ledger/state.ts';
import type { BuildRecord } from '../ledger/types.ts';
import { closeArchive } from '../logs/archive/archive-build.ts';
import { createSingleFlight, type SingleFlight } from '../single-flight.ts';
import { changeLedger } from './change-ledger.ts';
import type { LogsContext } from './context.ts';
import { reconciledView } from './reconciled-view.ts';

/** A log is waited for no longer than this after its build's end: then it is closed as it is. */
const patienceMs = 60 * 60 * 1000;

export const isOverdue = ({ finishedAt }: BuildRecord, now: Date): boolean =>
  now.getTime() - Date.parse(finishedAt ?? '') > patienceMs;

/** Whoever deletes a build in the meantime deletes its log too. */
const closeUnlessDeleted = async (context: LogsContext, tool: string, id: string) => {
  const view = reconciledView(context, tool, id);
  try {
    return await closeArchive({ ...context, tool, id, view, signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'build_not_found') return undefined;
    throw error;
  }
};

/** What is being closed in this process, by its store. */
const closing = new WeakMap<object, SingleFlight<boolean>>();

/**
 * Closes the archive of a finished build and notes in the ledger whether it is complete, truncated or lost, so that the
 * run can go. Safe to repeat. Events come again while a long log is read: they wait for the reader that is at work, as
 * another one would take the archive away from it, and be the next to lose it.
 * @returns false when the pod still writes, or the store is away: to be tried again
 */
export const closeBuildLog = (context: LogsContext, tool: string, entry: BuildRecord): Promise<boolean> => {
  const once = closing.get(context.store) ?? createSingleFlight<boolean>();
  closing.set(context.store, once);
  return once(`${tool}/${entry.id}`, () => close(context, tool, entry));
};

const close = async (context: LogsContext, tool: string, entry: BuildRecord): Promise<boolean> => {
  const { log, now } = context;
  const result = await closeUnlessDeleted(context, tool, entry.id);
  if (!result) return true;
  if (result.state === 'live' && !isOverdue(entry, now())) return false;
  const [state, reason] =
    result.state === 'live'
      ? (['lost', 'the log was never written to its end'] as const)
      : [result.state, result.reason];
  await changeLedger(context, tool, (view) => ({
    state: closeLog(view.state, entry.id, state, reason, view.limits),
    result: undefined,
  }));
  log('INFO', 'a log was closed', { tool, id: entry.id, state, reason });
  return true;
};
