import type { LogEvent } from '../types.ts';

/**
 * Yields every batch of some events changed by a function, without the batches that become empty.
 * @returns the result of the events
 */
export async function* mapBatches<T>(
  events: AsyncGenerator<LogEvent[], T>,
  change: (batch: LogEvent[]) => LogEvent[],
): AsyncGenerator<LogEvent[], T> {
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      const changed = change(value);
      if (changed.length > 0) yield changed;
    }
  } finally {
    await events.return(undefined as T);
  }
}
