import { ApiError } from '../errors.ts';

const partPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/**
 * Returns the key's parts between slashes.
 * @throws Error where the key is invalid: clients never choose a key, so an invalid key is a mistake in this program
 */
export const keyParts = (key: string): string[] => {
  const parts = key.split('/');
  if (key.length > 1000 || !parts.every((name) => partPattern.test(name)))
    throw new Error(`invalid key of an object: ${key}`);
  return parts;
};

/** Returns the error that clients get when the store fails. */
export const storeFailure = (cause: unknown): ApiError =>
  new ApiError(503, 'log_unavailable', 'The stored log cannot be reached at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });
