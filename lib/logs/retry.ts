import { ApiError } from '../errors.ts';
import { KubeError } from '../kube/kube-error.ts';
import { exponentialBackoff, retry } from '../retry.ts';

/** Limit of failed reads of a log in a row. After that the reader gets 503 `log_unavailable`. */
export const retryLimit = 8;

/**
 * Returns the delay before the next attempt to read a log, in milliseconds. Every failure doubles the delay, up to 5 s.
 * @param failures number of failures in a row so far; 0 returns `firstMs`
 */
export const backoffMs = (firstMs: number, failures: number): number =>
  exponentialBackoff({ firstMs, maxMs: 5000 })(failures + 1);

/** Tells whether another attempt to read may succeed: the connection broke, or the server is away for the moment. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.status === 503
    : !(error instanceof KubeError) && typeof (error as NodeJS.ErrnoException).code === 'string';

/** Returns the error of a log that can't be read after all attempts. */
export const unreadable = (cause: unknown): ApiError =>
  new ApiError(503, 'log_unavailable', 'The log cannot be read at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });

/**
 * Repeats a read while the server is away.
 * @throws ApiError 503 `log_unavailable` after `retryLimit` attempts; an error that is not temporary, at once; the
 * signal's reason
 */
export const retryReads = <T>(options: { retryMs: number; signal: AbortSignal }, act: () => Promise<T>): Promise<T> =>
  retry(
    {
      attempts: retryLimit,
      delayMs: exponentialBackoff({ firstMs: options.retryMs, maxMs: 5000 }),
      isTemporary,
      exhausted: unreadable,
      signal: options.signal,
    },
    act,
  );
