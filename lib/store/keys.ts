import { ApiError } from '../errors.ts';

const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** The key's parts. A key of another form is a mistake in this program, as clients never name one: a plain Error. */
export const keyParts = (key: string): string[] => {
  const parts = key.split('/');
  if (key.length > 1000 || !parts.every((name) => part.test(name))) throw new Error(`no valid key: ${key}`);
  return parts;
};

/** What a client is told when the store fails. */
export const storeFailure = (cause: unknown): ApiError =>
  new ApiError(503, 'log_unavailable', 'The stored log cannot be reached at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });
