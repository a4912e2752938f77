import { ApiError } from '../errors.ts';

const partPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/**
 * Returns the parts of an object's key, which slashes separate.
 * @throws Error where the key is invalid: clients never choose a key, so an invalid key is a mistake in this project's
 * code
 */
export const keyParts = (key: string): string[] => {
  const parts = key.split('/');
  if (key.length > 1000 || !parts.every((name) => partPattern.test(name)))
    throw new Error(`invalid key of an object: ${key}`);
  return parts;
};

/** Returns the error that clients get when the store of archived logs fails. */
export const storeFailure = (cause: unknown): ApiError =>
  new ApiError(503, 'log_unavailable', 'The stored log cannot be reached at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });
