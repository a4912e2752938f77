import type { LedgerChange } from '../ledger/store.ts';
import type { LedgerState } from '../ledger/types.ts';
import type { BuildsContext } from './context.ts';

const ids = ({ running, queued, finished }: LedgerState): string[] =>
  [...running, ...queued, ...finished].map(({ id }) => id);

const dropped = (before: LedgerState, after: LedgerState): string[] => {
  const kept = new Set(ids(after));
  return before === after ? [] : ids(before).filter((id) => !kept.has(id));
};

/**
 * Changes a ledger, then deletes the logs of the builds that left it. Killed in between, sweep finds the logs without
 * an entry.
 */
export const changeLedger = async <T>(context: BuildsContext, tool: string, change: LedgerChange<T>): Promise<T> => {
  const { result, gone } = await context.ledger.change(tool, (view) => {
    const { state, result } = change(view);
    return { state, result: { result, gone: dropped(view.state, state) } };
  });
  const removals = await Promise.allSettled(gone.map((id) => context.removeLog(tool, id)));
  for (const removal of removals) {
    if (removal.status === 'rejected')
      context.log('WARNING', 'a log was not deleted; sweep will', { tool, error: removal.reason });
  }
  return result;
};
