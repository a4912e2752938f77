import { setTimeout as timer } from 'node:timers/promises';

/** An abort signal, or undefined where nothing can abort the work. */
export type MaybeSignal = AbortSignal | undefined;

/** Returns a signal that fires with the first of the given signals. Missing signals are left out. */
export const anySignal = (...signals: readonly MaybeSignal[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

/** Returns a signal that fires after `ms` milliseconds with a TimeoutError, or earlier with the given signal. */
export const withTimeout = (ms: number, signal?: MaybeSignal): AbortSignal =>
  anySignal(signal, AbortSignal.timeout(ms));

/**
 * Returns the promise's result, unless the signal fires first. The work behind the promise continues: this serves
 * callers
 * of work that can't be stopped, or that others wait for too.
 * @throws the signal's reason as soon as the signal fires
 */
export const unlessAborted = <T>(promise: Promise<T>, signal: MaybeSignal): Promise<T> => {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
};

/**
 * Waits for `ms` milliseconds.
 * @throws the signal's reason as soon as the signal fires
 */
export const sleep = async (ms: number, signal?: MaybeSignal): Promise<void> => {
  try {
    await timer(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    throw signal?.reason ?? error;
  }
};

/** Waits for `ms` milliseconds, or until the signal fires. Never throws. */
export const sleepUntilAborted = (ms: number, signal: AbortSignal): Promise<void> =>
  timer(ms, undefined, { signal }).catch(() => undefined);
