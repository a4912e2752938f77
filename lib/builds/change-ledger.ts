import type { LedgerChange } from '../ledger/store.ts';
import type { LedgerState } from '../ledger/types.ts';
import type { BuildsContext } from './context.ts';

const idsOf = ({ running, queued, finished }: LedgerState): string[] =>
  [...running, ...queued, ...finished].map(({ id }) => id);

const droppedIds = (before: LedgerState, after: LedgerState): string[] => {
  const kept = new Set(idsOf(after));
  return before === after ? [] : idsOf(before).filter((id) => !kept.has(id));
};

/**
 * Changes the ledger of a tool, then deletes the logs of the builds that left the ledger. The next sweep deletes the
 * logs that remain after a failure, or after the function was killed.
 */
export const changeLedger = async <T>(context: BuildsContext, tool: string, change: LedgerChange<T>): Promise<T> => {
  const { result, dropped } = await context.ledger.change(tool, (view) => {
    const { state, result } = change(view);
    return { state, result: { result, dropped: droppedIds(view.state, state) } };
  });
  const removals = await Promise.allSettled(dropped.map((id) => context.removeLog(tool, id)));
  for (const removal of removals) {
    if (removal.status === 'rejected')
      context.log('WARNING', 'a log was not deleted; sweep deletes it', { tool, error: removal.reason });
  }
  return result;
};
