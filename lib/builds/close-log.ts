import { ApiError } from '../errors.ts';
import { closeLog } from '../ledger/state.ts';
import type { BuildRecord } from '../ledger/types.ts';
import { closeArchive } from '../logs/archive/archive-build.ts';
import type { ArchiveResult } from '../logs/archive/archive-result.ts';
import { createSingleFlight, type SingleFlight } from '../single-flight.ts';
import { changeLedger } from './change-ledger.ts';
import type { LogsContext } from './context.ts';
import { reconciledView } from './reconciled-view.ts';

/**
 * Time limit for storing a log after the end of its build, in milliseconds: 1 hour. After that a log that is still
 * being written is closed as lost.
 */
const closeAfterMs = 60 * 60 * 1000;

/** Time limit of one attempt to close a log, in milliseconds. */
const attemptMs = 60_000;

/** Tells whether the time limit for storing the log of a finished build has passed: 1 hour after the build's end. */
export const isOverdue = ({ finishedAt }: BuildRecord, now: Date): boolean =>
  now.getTime() - Date.parse(finishedAt ?? '') > closeAfterMs;

/**
 * Closes the archive of a build's log. Returns undefined when the build was deleted meanwhile, and its archive with it.
 */
const closeUnlessDeleted = async (
  context: LogsContext,
  tool: string,
  id: string,
): Promise<ArchiveResult | undefined> => {
  const view = reconciledView(context, tool, id);
  try {
    return await closeArchive({ ...context, tool, id, view, signal: AbortSignal.timeout(attemptMs) });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'build_not_found') return undefined;
    throw error;
  }
};

/**
 * Returns the final state of a build's log, for the ledger. Undefined while the log is still being written and its time
 * limit has not passed.
 */
const finalResult = (result: ArchiveResult, isTooLate: boolean): ArchiveResult | undefined => {
  if (result.state !== 'live') return result;
  return isTooLate ? { state: 'lost', reason: 'the log was never written to its end' } : undefined;
};

const close = async (context: LogsContext, tool: string, build: BuildRecord): Promise<boolean> => {
  const { id } = build;
  const result = await closeUnlessDeleted(context, tool, id);
  if (!result) return true;
  const final = finalResult(result, isOverdue(build, context.now()));
  if (!final) return false;
  const { state, reason } = final;
  await changeLedger(context, tool, (view) => ({
    state: closeLog(view.state, id, state, reason, view.limits),
    result: undefined,
  }));
  context.log('INFO', 'log closed', { tool, id, state, reason });
  return true;
};

/** Holds a single flight for each store, so that this process closes a log only once at a time. */
const closing = new WeakMap<object, SingleFlight<boolean>>();

/**
 * Closes the archive of a finished build, and records in the ledger whether the log is complete, truncated or lost, so
 * that the run can be deleted. Safe to repeat. Repeated events about a build wait for the call that already reads its
 * log, because a second writer would take the archive over from the first writer.
 * @returns false while the pod still writes the log: call again later
 * @throws ApiError 503 `log_unavailable` when the store or the pod cannot be read at the moment
 */
export const closeBuildLog = (context: LogsContext, tool: string, build: BuildRecord): Promise<boolean> => {
  const singleFlight = closing.get(context.store) ?? createSingleFlight<boolean>();
  closing.set(context.store, singleFlight);
  return singleFlight(`${tool}/${build.id}`, () => close(context, tool, build));
};
