import { ApiError } from '../errors.ts';
import { closeLog } from '../ledger/state.ts';
import type { BuildRecord } from '../ledger/types.ts';
import { closeArchive } from '../logs/archive/archive-build.ts';
import type { ArchiveResult } from '../logs/archive/archive-result.ts';
import { createSingleFlight, type SingleFlight } from '../single-flight.ts';
import { changeLedger } from './change-ledger.ts';
import type { LogsContext } from './context.ts';
import { reconciledView } from './reconciled-view.ts';

/** Time from a build's end until its log is closed as it is, in milliseconds: 1 hour. */
const closeAfterMs = 60 * 60 * 1000;

/** Limit of one attempt to close a log, in milliseconds. */
const attemptMs = 60_000;

/** Says whether a finished build's log is closed as it is, instead of being read to its end. */
export const isOverdue = ({ finishedAt }: BuildRecord, now: Date): boolean =>
  now.getTime() - Date.parse(finishedAt ?? '') > closeAfterMs;

/** Closes the archive. Undefined when the build was deleted meanwhile, and its archive with it. */
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

/** The state that the ledger gets; undefined when the log is still written and not overdue. */
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

/** The logs that are being closed in this process, by their store. */
const closing = new WeakMap<object, SingleFlight<boolean>>();

/**
 * Closes the archive of a finished build, and records in the ledger whether the log is complete, truncated or lost, so that
 * the run can be deleted. Safe to repeat. Events that come again while a long log is read wait for the first call: a
 * second writer would take the archive over, and the next event would start a third.
 * @returns false when the pod still writes: call again later
 * @throws ApiError 503 `log_unavailable` when the store or the pod cannot be read at the moment
 */
export const closeBuildLog = (context: LogsContext, tool: string, build: BuildRecord): Promise<boolean> => {
  const singleFlight = closing.get(context.store) ?? createSingleFlight<boolean>();
  closing.set(context.store, singleFlight);
  return singleFlight(`${tool}/${build.id}`, () => close(context, tool, build));
};
