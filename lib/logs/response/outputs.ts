import type { LogEvent, LogEvents } from '../types.ts';

/**
 * One output of a log response: events of the log, a keep-alive, or the way in which the response ends. With `handOver`
 * the response ends before the log does, and the client requests the rest.
 */
export type Output =
  | { type: 'events'; events: LogEvent[] }
  | { type: 'keepAlive' }
  | { type: 'ended' }
  | { type: 'handOver' }
  | { type: 'failed'; error: unknown };

/**
 * Returns the next output from a log's events. The function uses callbacks instead of await: every batch of every
 * reader passes here, and an async function would cost one more promise.
 */
const nextOutput = (events: LogEvents): Promise<Output> =>
  events.next().then(
    ({ done, value }): Output => (done ? { type: 'ended' } : { type: 'events', events: value }),
    (error: unknown): Output => ({ type: 'failed', error }),
  );

/**
 * Resolves with the pending output of a response, with a keep-alive, or with a hand-over when the signal fires.
 * Promise.race with a promise for the signal would add a reaction to that promise for every batch of a long stream.
 */
const firstOf = (pending: Promise<Output>, stop: AbortSignal, keepAliveMs: number): Promise<Output> =>
  new Promise((resolve) => {
    const settle = (output: Output): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(output);
    };
    const onStop = (): void => settle({ type: 'handOver' });
    const timer = setTimeout(settle, keepAliveMs, { type: 'keepAlive' });
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    void pending.then(settle);
  });

/**
 * Turns a log's events into the outputs of a response, with a keep-alive after every `keepAliveMs` milliseconds without
 * events. The last output is `ended`, `handOver` or `failed`.
 * @param stop signal that ends the outputs with a hand-over
 */
export async function* outputs(
  events: LogEvents,
  stop: AbortSignal,
  keepAliveMs: number,
): AsyncGenerator<Output, void> {
  let pending = nextOutput(events);
  for (;;) {
    const output = await firstOf(pending, stop, keepAliveMs);
    yield output;
    if (output.type === 'events') pending = nextOutput(events);
    else if (output.type !== 'keepAlive') return;
  }
}
