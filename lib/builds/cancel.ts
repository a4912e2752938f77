import { ApiError } from '../errors.ts';
import { cancel, remove } from '../ledger/state.ts';
import type { CancelResult, LedgerState } from '../ledger/types.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { buildNotFound } from './not-found.ts';
import { reconcile } from './reconcile.ts';

/**
 * Reconciles a tool whose ledger has just changed. A failure is only logged, as the change is in the ledger: the next
 * event or sweep reconciles the tool.
 * @returns the ledger; undefined after a failure
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
 * Tells whether a build had ended before it was cancelled. A read shows an ended build as finished before the ledger says
 * so. Until then the ledger accepts a cancellation, and the reconcile after that finds how the run ended by itself.
 * @param state the ledger after that reconcile
 */
const hadEnded = (state: LedgerState | undefined, id: string, isFirstCancel: boolean): boolean => {
  const finished = state?.finished.find((build) => build.id === id);
  return finished !== undefined && !(isFirstCancel && finished.status === 'BUILD_CANCELLED');
};

/** Cancels a build. @throws ApiError 404 `build_not_found`, 409 `build_finished` */
export const cancelBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  // The change may run twice, as a write whose response was lost is applied again. The first result counts.
  let firstResult: CancelResult | undefined;
  const result = await changeLedger(context, tool, ({ state, limits }) => {
    const cancelled = cancel(state, id, limits, context.now());
    if (cancelled.state !== state) firstResult = cancelled.result;
    return { state: cancelled.state, result: firstResult ?? cancelled.result };
  });
  if (result === 'unknown') throw buildNotFound(tool, id);
  if (result === 'finished') throw alreadyFinished(id);
  if (result !== 'cancelling') return;
  const state = await reconcileSoon(context, tool);
  if (hadEnded(state, id, firstResult === 'cancelling')) throw alreadyFinished(id);
};

/** Deletes a build and its log. A running build is cancelled first. @throws ApiError 404 `build_not_found` */
export const deleteBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  // The change may run twice, as a write whose response was lost is applied again. The first result counts.
  let wasKnown = false;
  const known = await changeLedger(context, tool, ({ state }) => {
    const removed = remove(state, id, context.now());
    wasKnown ||= removed.known;
    return { state: removed.state, result: wasKnown };
  });
  if (!known) throw buildNotFound(tool, id);
  await reconcileSoon(context, tool);
};
