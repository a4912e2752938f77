import { errors } from 'jose';
import { ApiError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import type { CredentialCheck } from '../authenticate.ts';
import { challenge, invalidCredential } from '../challenge.ts';
import { readCookie } from './cookies.ts';
import { createSealer } from './sealed.ts';

export type SessionCheckOptions = {
  keys: Secret;
  /** Whether the page is served by TLS, which decides the name of the cookie. */
  isSecure: boolean;
  /** Check of the access token in the session. */
  checkToken: CredentialCheck;
};

/**
 * Returns the error to throw for a session whose token is refused. The service itself has sealed the session, so an
 * expired token in it is no guess: such a request is neither delayed nor counted.
 */
const refusalOf = (error: unknown): unknown =>
  error instanceof ApiError && error.cause instanceof errors.JWTExpired
    ? new ApiError(401, 'unauthenticated', 'The token of your session has expired. Reload the page.', {
        headers: challenge('invalid_token'),
      })
    : error;

/**
 * Makes the check of the page's session: a cookie with an encrypted access token. The token is then verified as if the
 * request had sent it as a bearer token. Security: a browser sends the cookie without the page's knowledge, so
 * `assertOwnPage` of lib/http/cross-site.ts must accept the request too.
 */
export const createSessionCheck = ({ keys, isSecure, checkToken }: SessionCheckOptions): CredentialCheck => {
  const sealer = createSealer(keys, 'session');
  return async ({ cookie }, target) => {
    const text = readCookie(cookie, { purpose: 'session', isSecure });
    if (text === undefined) return undefined;
    const content = await sealer.open(text);
    if (typeof content?.token !== 'string') throw invalidCredential('Your session has ended. Sign in again.');
    const access = await checkToken({ authorization: `Bearer ${content.token}` }, target).catch((error: unknown) => {
      throw refusalOf(error);
    });
    return access && { ...access, credential: 'session' };
  };
};
