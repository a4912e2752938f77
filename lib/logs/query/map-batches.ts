import type { LogEvent } from '../types.ts';

/**
 * Changes every batch of log events by a function, and leaves out batches that become empty.
 * @returns the return value of the generator `events`
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
