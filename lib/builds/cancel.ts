import { ApiError } from '../errors.ts';
import { cancel, remove } from '../ledger/state.ts';
import type { CancelResult, LedgerState } from '../ledger/types.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { buildNotFound } from './read.ts';
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
 * Whether a build had ended before it was cancelled. Reads show an ended build as finished before the ledger says so;
 * the ledger then took the cancellation, and the reconcile after it found the run's own ending.
 */
const hadEnded = (state: LedgerState | undefined, id: string, isFirstCancel: boolean): boolean => {
  const finished = state?.finished.find((build) => build.id === id);
  return finished !== undefined && !(isFirstCancel && finished.status === 'BUILD_CANCELLED');
};

/** Cancels a build. @throws ApiError 404 `build_not_found`, 409 `build_finished` */
export const cancelBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  // A write whose response was lost is applied again on top of itself: the result of the first time counts.
  let done: CancelResult | undefined;
  const outcome = await changeLedger(context, tool, ({ state, limits }) => {
    const changed = cancel(state, id, limits, context.now());
    if (changed.state !== state) done = changed.result;
    return { state: changed.state, result: done ?? changed.result };
  });
  if (outcome === 'unknown') throw buildNotFound(tool, id);
  if (outcome === 'finished') throw alreadyFinished(id);
  if (outcome !== 'cancelling') return;
  const state = await reconcileSoon(context, tool);
  if (hadEnded(state, id, done === 'cancelling')) throw alreadyFinished(id);
};

/** Removes a build and its log; cancels a running build first. @throws ApiError 404 `build_not_found` */
export const deleteBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  let done = false;
  const known = await changeLedger(context, tool, ({ state }) => {
    const changed = remove(state, id, context.now());
    done ||= changed.known;
    return { state: changed.state, result: done };
  });
  if (!known) throw buildNotFound(tool, id);
  await reconcileSoon(context, tool);
};
