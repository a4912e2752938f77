import { ApiError } from '../errors.ts';
import { cancel, remove } from '../ledger/state.ts';
import type { CancelResult, LedgerState } from '../ledger/types.ts';
import { hasRunEnded } from '../tekton/status.ts';
import { adoptRuns } from './adopt-runs.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { buildNotFound } from './not-found.ts';
import { findRun } from './observe.ts';
import { reconcile } from './reconcile.ts';

/**
 * Reconciles a tool after a change of its ledger. A failure is only logged, because the ledger holds the change: the
 * next event or sweep reconciles the tool.
 * @returns the ledger after the reconcile; undefined after a failure
 */
const reconcileSoon = async (context: BuildsContext, tool: string): Promise<LedgerState | undefined> => {
  try {
    return (await reconcile(context, tool)).state;
  } catch (error) {
    context.log('WARNING', 'a change waits for the next sweep', { tool, error });
    return undefined;
  }
};

const alreadyFinished = (id: string): ApiError =>
  new ApiError(409, 'build_finished', `The build ${id} has already finished; it can't be cancelled.`);

/**
 * Tells whether the run of a build ended while a client cancelled the build. The ledger accepts a cancellation until a
 * reconcile has observed the end of the run. The next reconcile then finishes the build with the status of its
 * run, which is not `BUILD_CANCELLED`.
 * @param state the ledger after the reconcile that followed the cancellation
 */
const hadEnded = (state: LedgerState | undefined, id: string, isFirstCancel: boolean): boolean => {
  const finished = state?.finished.find((build) => build.id === id);
  return finished !== undefined && !(isFirstCancel && finished.status === 'BUILD_CANCELLED');
};

/** Cancels a build in the ledger. */
const cancelInLedger = async (
  context: BuildsContext,
  tool: string,
  id: string,
): Promise<{ result: CancelResult; isFirstCancel: boolean }> => {
  // The ledger applies a change again when the response to a write is lost. A cancellation that is applied again finds
  // the build cancelled already, so the first result counts.
  let firstResult: CancelResult | undefined;
  const result = await changeLedger(context, tool, ({ state, limits }) => {
    const cancelled = cancel(state, id, limits, context.now());
    if (cancelled.state !== state) firstResult = cancelled.result;
    return { state: cancelled.state, result: firstResult ?? cancelled.result };
  });
  return { result, isFirstCancel: firstResult === 'cancelling' };
};

/** Cancels a build. @throws ApiError 404 `build_not_found`, 409 `build_finished` */
export const cancelBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  // Reads show a build whose run has ended as finished, so a cancellation must find it finished as well, even where a
  // later part of the reconcile fails. The ledger may be behind the run: the reconcile reads both.
  const run = await findRun(context.kube, tool, id);
  if (run && hasRunEnded(run)) await reconcileSoon(context, tool);
  let { result, isFirstCancel } = await cancelInLedger(context, tool, id);
  if (result === 'unknown' && (await adoptRuns(context, tool, id)))
    ({ result, isFirstCancel } = await cancelInLedger(context, tool, id));
  if (result === 'unknown') throw buildNotFound(tool, id);
  if (result === 'finished') throw alreadyFinished(id);
  if (result !== 'cancelling') return;
  const state = await reconcileSoon(context, tool);
  if (hadEnded(state, id, isFirstCancel)) throw alreadyFinished(id);
};

/** Deletes a build in the ledger. @returns whether the ledger had the build */
const deleteInLedger = async (context: BuildsContext, tool: string, id: string): Promise<boolean> => {
  // A deletion is applied again when the response to the write of the ledger is lost. The build is gone by then, so a
  // build that any attempt has found counts as known.
  let wasKnown = false;
  return changeLedger(context, tool, ({ state }) => {
    const removed = remove(state, id, context.now());
    wasKnown ||= removed.known;
    return { state: removed.state, result: wasKnown };
  });
};

/** Deletes a build and its log. A running build is cancelled first. @throws ApiError 404 `build_not_found` */
export const deleteBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  const isKnown =
    (await deleteInLedger(context, tool, id)) ||
    ((await adoptRuns(context, tool, id)) && (await deleteInLedger(context, tool, id)));
  if (!isKnown) throw buildNotFound(tool, id);
  await reconcileSoon(context, tool);
};
