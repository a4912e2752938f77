import type { Environment } from '../environment.ts';
import { requireToken } from '../token-text.ts';
import { needsRefresh, type Session, sessionEnded } from './session.ts';
import { openSessionFile, type SessionFile, sessionPath } from './session-file.ts';

/**
 * Returns a valid access token, which is renewed before it expires.
 * @throws Failure when the token can't be renewed, for example because the sign-in has ended
 */
export type SessionToken = () => Promise<string>;

/**
 * Refreshes a session under the lock of the session file, after reading the file again: an issuer accepts a refresh
 * token once, and another `toolforge-build` process may have used it in the meantime.
 */
const refreshLocked = async (
  env: Environment,
  base: URL,
  file: SessionFile,
  authority: string | undefined,
): Promise<Session | undefined> => {
  const { openIssuerFetch } = await import('./issuer-fetch.ts');
  const fetch = await openIssuerFetch(env, base, authority);
  const { refresh } = await import('./refresh.ts');
  return file.change(base, async (found) => {
    if (!found) throw sessionEnded();
    return needsRefresh(found, Date.now()) ? refresh(found, fetch, Date.now) : found;
  });
};

/**
 * Returns a function that returns the access token of the user's sign-in to the API at `base`; undefined when the user
 * is not signed in there. openid-client is loaded only for a refresh.
 * @param authority PEM of a certificate authority that is trusted for the API, beside those of `trustedAuthorities`
 * @param mayRenew whether the token may be renewed. A process that may end at any moment must not renew a token, because
 * the new refresh token would be lost
 */
export const openSession = async (
  env: Environment,
  home: string,
  base: URL,
  { authority, mayRenew }: { authority: string | undefined; mayRenew: boolean },
): Promise<SessionToken | undefined> => {
  const file = openSessionFile(sessionPath(env, home));
  let session = await file.read(base);
  if (!session) return undefined;
  return async () => {
    const isOld = session !== undefined && needsRefresh(session, Date.now());
    if (isOld && mayRenew) session = await refreshLocked(env, base, file, authority);
    if (!session || (isOld && !mayRenew)) throw sessionEnded();
    return requireToken(session.accessToken, 'The stored token');
  };
};
