import { ApiError } from '../errors.ts';
import { type CancelResult, cancel, remove } from '../ledger/state.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { notFound } from './read.ts';
import { reconcile } from './reconcile.ts';

/** The wish is in the ledger; whatever can't be done now is done by the next event or sweep. */
const followUp = (context: BuildsContext, tool: string): Promise<unknown> =>
  reconcile(context, tool).catch((error: unknown) =>
    context.log('WARNING', 'a change waits for the next sweep', { tool, error }),
  );

/** @throws ApiError 404 `build_not_found`, 409 `build_finished` */
export const cancelBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  // A write whose answer was lost is applied again, on top of itself: what it did the first time counts.
  let done: CancelResult | undefined;
  const outcome = await changeLedger(context, tool, ({ state, limits }) => {
    const changed = cancel(state, id, limits, context.now());
    if (changed.state !== state) done = changed.outcome;
    return { state: changed.state, result: done ?? changed.outcome };
  });
  if (outcome === 'unknown') throw notFound(tool, id);
  if (outcome === 'finished')
    throw new ApiError(409, 'build_finished', `The build ${id} has already finished; it can't be cancelled.`);
  if (outcome === 'cancelling') await followUp(context, tool);
};

/** Removes a build and its log; cancels it first where it runs. @throws ApiError 404 `build_not_found` */
export const deleteBuild = async (context: BuildsContext, tool: string, id: string): Promise<void> => {
  let done = false;
  const known = await changeLedger(context, tool, ({ state }) => {
    const changed = remove(state, id, context.now());
    done ||= changed.known;
    return { state: changed.state, result: done };
  });
  if (!known) throw notFound(tool, id);
  await followUp(context, tool);
};
