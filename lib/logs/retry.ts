import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import { KubeError } from '../kube/kube-error.ts';

/** How often in a row something may fail before the reader is told. */
export const retryLimit = 8;

/** Milliseconds before the next try: doubled for each failure, up to 5 s. */
export const backoffMs = (firstMs: number, failures: number): number => Math.min(5000, firstMs * 2 ** failures);

/** It may help to ask again: the connection broke, or the server is away for the moment. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof ApiError
    ? error.status === 503
    : !(error instanceof KubeError) && typeof (error as NodeJS.ErrnoException).code === 'string';

export const unreadable = (cause: unknown): ApiError =>
  new ApiError(503, 'log_unavailable', 'The log cannot be read at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });

/**
 * Tries again while the server is away.
 * @throws ApiError 503 `log_unavailable` at last; what isn't passing at once
 */
export const retryReads = async <T>(
  options: { retryMs: number; signal: AbortSignal },
  act: () => Promise<T>,
  failures = 0,
): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isTemporary(error)) throw error;
    if (failures + 1 >= retryLimit) throw unreadable(error);
    await sleep(backoffMs(options.retryMs, failures), undefined, { signal: options.signal });
    return retryReads(options, act, failures + 1);
  }
};
