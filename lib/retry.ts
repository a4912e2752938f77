import { type MaybeSignal, sleep as sleepFor } from './abort.ts';

export type Backoff = {
  /** Delay before the first retry, in milliseconds. The delay before each further retry is twice as long. */
  firstMs: number;
  /** Limit for the delay before a retry, in milliseconds. Default: no limit. */
  maxMs?: number;
  /**
   * Random share of the delay before a retry, from 0 (none) to 1 (the whole delay). Default 0. Random delays keep
   * clients that failed together from retrying together.
   */
  jitter?: number;
  /** Returns a random number from 0 up to 1. Default: Math.random. */
  random?: () => number;
};

/**
 * Makes a function that returns the delay before the next attempt, in milliseconds. The function's argument is the
 * number of failed attempts, 1 or more.
 */
export const exponentialBackoff =
  ({ firstMs, maxMs = Number.POSITIVE_INFINITY, jitter = 0, random = Math.random }: Backoff) =>
  (failures: number): number =>
    Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (1 - jitter + jitter * random());

/** Waits for `ms` milliseconds. @throws the abort signal's reason as soon as the signal fires */
export type Sleep = (ms: number, signal?: MaybeSignal) => Promise<unknown>;

export type RetryOptions = {
  /** Number of failed attempts after which `retry` gives up. */
  attempts: number;
  /**
   * Returns the delay before the next attempt, in milliseconds, from the number of failed attempts and the last error.
   * Undefined ends the retries, for example when the server requires a longer delay than the caller accepts.
   */
  delayMs: (failures: number, error: unknown) => number | undefined;
  /** Tells whether a retry may succeed after an error. */
  isTemporary: (error: unknown) => boolean;
  /** Makes the error that the caller of `retry` gets when no attempt is left. Default: the last attempt's error. */
  exhausted?: (error: unknown) => unknown;
  /** Called before the delay of each retry, for example to tell a user about the retry. */
  beforeDelay?: (retry: { error: unknown; failures: number; delayMs: number }) => void;
  /** Signal that aborts the retries, and also the delay between two attempts. */
  signal?: MaybeSignal;
  /** Waits before a retry. Default: a timer that ends when the abort signal fires. Tests pass their own timer. */
  sleep?: Sleep | undefined;
};

/**
 * Calls `act` until a call succeeds, and returns the result of that call.
 * @param act gets the attempt's number, which starts at 1
 * @throws the abort signal's reason once the signal has fired
 * @throws an error of `act` that is not temporary, at once
 * @throws the error that `exhausted` makes of the last temporary error, when no attempt is left
 */
export const retry = async <T>(options: RetryOptions, act: (attempt: number) => Promise<T>): Promise<T> => {
  const {
    attempts,
    delayMs,
    isTemporary,
    exhausted = (error) => error,
    beforeDelay,
    signal,
    sleep = sleepFor,
  } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTemporary(error)) throw error;
      const delay = attempt < attempts ? delayMs(attempt, error) : undefined;
      if (delay === undefined) throw exhausted(error);
      beforeDelay?.({ error, failures: attempt, delayMs: delay });
      if (delay > 0) await sleep(delay, signal);
    }
  }
};
