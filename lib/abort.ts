import { setTimeout as timer } from 'node:timers/promises';

/** An abort signal, or undefined for work that nothing can abort. */
export type MaybeSignal = AbortSignal | undefined;

/** Longest time that a timer of Node can wait, in milliseconds: 24 days. A timer for a longer time fires after 1 ms. */
export const maxTimerMs = 2 ** 31 - 1;

const timerMs = (ms: number): number => Math.min(ms, maxTimerMs);

/** Returns an abort signal that fires when the first of the given signals fires. Undefined signals are ignored. */
export const anySignal = (...signals: readonly MaybeSignal[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

/**
 * Returns an abort signal that fires after `ms` milliseconds, at most 24 days, with a TimeoutError, or when the given
 * signal fires.
 */
export const withTimeout = (ms: number, signal?: MaybeSignal): AbortSignal =>
  anySignal(signal, AbortSignal.timeout(timerMs(ms)));

/**
 * Returns the result of a promise, unless an abort signal fires first. The promise's work continues then, so this
 * function is for work that can't be stopped or that other callers wait for too.
 * @throws the abort signal's reason as soon as the signal fires
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

/** Waits for `ms` milliseconds, at most 24 days. @throws the abort signal's reason as soon as the signal fires */
export const sleep = async (ms: number, signal?: MaybeSignal): Promise<void> => {
  try {
    await timer(timerMs(ms), undefined, signal ? { signal } : {});
  } catch (error) {
    throw signal?.reason ?? error;
  }
};

/** Waits for `ms` milliseconds, at most 24 days, or until the abort signal fires. Never throws. */
export const sleepUntilAborted = (ms: number, signal: AbortSignal): Promise<void> =>
  timer(timerMs(ms), undefined, { signal }).catch(() => undefined);
