import { ApiError } from '../errors.ts';

/**
 * Returns the header WWW-Authenticate for the response to a request without sufficient credentials.
 * @param error an error code of RFC 6750, only for a request with a credential
 * @param scope the scope that the token lacks
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export const challenge = (error?: string, scope?: string): Record<string, string> => {
  const details = [error && `, error="${error}"`, scope && `, scope="${scope}"`].filter(Boolean).join('');
  return { 'www-authenticate': `Bearer realm="builds"${details}` };
};

/**
 * Returns the error for a request with a credential that is not accepted. Such requests are delayed and counted
 * (lib/auth/rate-limit.ts).
 */
export const invalidCredential = (sentence: string, cause?: unknown): ApiError =>
  new ApiError(401, 'token_invalid', sentence, { headers: challenge('invalid_token'), cause });

/** Returns the error for a token that can be neither accepted nor refused, because its issuer does not respond. */
export const uncheckable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'Your token can not be checked now. Retry in a few seconds.', {
    retryAfter: 5,
    cause,
  });
