import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Access } from './access.ts';
import { challenge } from './challenge.ts';
import type { RequestTarget } from './superusers.ts';

/**
 * Finds out who sent a request, and what that caller may do with the request's target.
 * @throws ApiError 401 `unauthenticated` without a credential, 401 `token_invalid` for a bad token,
 * 403 `forbidden` for a certificate of nobody who may call the API
 */
export type Authenticate = (headers: IncomingHttpHeaders, target?: RequestTarget) => Promise<Access>;

/**
 * Checks one kind of credential. Returns undefined when the request has no credential of that kind.
 * @throws ApiError 401 `token_invalid` for a bad token, 403 `forbidden` for a certificate of nobody who may call the
 * API
 */
export type CredentialCheck = (headers: IncomingHttpHeaders, target?: RequestTarget) => Promise<Access | undefined>;

/**
 * Makes an authentication that checks the kinds of credentials in order. The first credential found decides: a request
 * with a bad token is refused, even when a later check would accept the request.
 */
export const createAuthenticate =
  (checks: readonly CredentialCheck[]): Authenticate =>
  async (headers, target) => {
    for (const check of checks) {
      const access = await check(headers, target);
      if (access) return access;
    }
    throw new ApiError(401, 'unauthenticated', 'Sign in first: send a token as "Authorization: Bearer …".', {
      headers: challenge(),
    });
  };
