import { type MaybeSignal, sleep as sleepFor } from './abort.ts';

export type Backoff = {
  /** Delay before the second attempt, in milliseconds. Every further delay is twice as long. */
  firstMs: number;
  /** Longest delay in milliseconds. Default: no limit. */
  maxMs?: number;
  /**
   * Share of a delay that is left to chance, from 0 (nothing) to 1 (all of it). Default 0. Chance keeps clients that
   * failed together from returning together.
   */
  jitter?: number;
  /** Returns a number from 0 up to 1. Default: Math.random. */
  random?: () => number;
};

/**
 * Returns a function from the number of failures so far (1 or more) to the delay before the next attempt, in
 * milliseconds.
 */
export const exponentialBackoff =
  ({ firstMs, maxMs = Number.POSITIVE_INFINITY, jitter = 0, random = Math.random }: Backoff) =>
  (failures: number): number =>
    Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (1 - jitter + jitter * random());

/** Waits for `ms` milliseconds, or throws the signal's reason. */
export type Sleep = (ms: number, signal?: MaybeSignal) => Promise<unknown>;

export type RetryOptions = {
  /** Limit of attempts, the first one included. */
  attempts: number;
  /**
   * Returns the delay before the next attempt, in milliseconds, from the number of failures so far and the last error.
   * Undefined ends the retries: the server wants a longer delay than the caller accepts.
   */
  delayMs: (failures: number, error: unknown) => number | undefined;
  /** Tells whether another attempt may succeed after this error. */
  isTemporary: (error: unknown) => boolean;
  /** Makes the error that the caller gets when the attempts are used up. Default: the last attempt's error. */
  exhausted?: (error: unknown) => unknown;
  /** Called before each delay, for example to tell a user about the retry. */
  beforeDelay?: (retry: { error: unknown; failures: number; delayMs: number }) => void;
  /** Ends the retries and the delay between two of them. */
  signal?: MaybeSignal;
  /** Waits between attempts. Default: a timer that ends with the signal. Tests pass their own. */
  sleep?: Sleep | undefined;
};

/**
 * Calls `act` until it succeeds, and returns its result.
 * @param act gets the attempt's number, which starts at 1
 * @throws the signal's reason once the signal fired; an error that is not temporary, as it is; what `exhausted` makes
 * of
 * the last temporary error
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
