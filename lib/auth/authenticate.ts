import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Access } from './access.ts';

/** @throws ApiError 401 `unauthenticated` or `token_invalid` */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Access>;

/** One way to prove who calls; undefined when the request doesn't use it. */
export type CredentialCheck = (headers: IncomingHttpHeaders) => Promise<Access | undefined>;

export const challenge = (error?: string): Record<string, string> => ({
  'www-authenticate': error ? `Bearer realm="builds", error="${error}"` : 'Bearer realm="builds"',
});

/** The first strategy that the request uses decides: a broken token is refused, not passed on to the next. */
export const createAuthenticate =
  (strategies: readonly CredentialCheck[]): Authenticate =>
  async (headers) => {
    for (const strategy of strategies) {
      const found = await strategy(headers);
      if (found) return found;
    }
    throw new ApiError(401, 'unauthenticated', 'Sign in first: send a token as "Authorization: Bearer …".', {
      headers: challenge(),
    });
  };
