import type { Environment } from '../environment.ts';
import { needsRefresh, type Session, sessionEnded } from './session.ts';
import { openSessionFile, type SessionFile, sessionPath } from './session-file.ts';

/** Returns the access token, refreshed when it is about to expire. @throws Failure when the sign-in has ended */
export type SessionToken = () => Promise<string>;

/**
 * Refreshes a session under the lock of the session file, after reading the file again: an issuer takes a refresh token
 * once, and another command may have used it in the meantime.
 */
const refreshLocked = async (
  env: Environment,
  home: string,
  base: URL,
  file: SessionFile,
): Promise<Session | undefined> => {
  const { openIssuerFetch } = await import('./issuer-fetch.ts');
  const fetch = await openIssuerFetch(env, home, base);
  const { refresh } = await import('./refresh.ts');
  return file.change(base, async (found) => {
    if (!found) throw sessionEnded();
    return needsRefresh(found, Date.now()) ? refresh(found, fetch, Date.now) : found;
  });
};

/**
 * Opens the sign-in to the API at this address; undefined when there is none. openid-client is loaded for a refresh
 * only.
 */
export const openSession = async (env: Environment, home: string, base: URL): Promise<SessionToken | undefined> => {
  const file = openSessionFile(sessionPath(env, home));
  let session = await file.read(base);
  if (!session) return undefined;
  return async () => {
    if (session && needsRefresh(session, Date.now())) session = await refreshLocked(env, home, base, file);
    if (!session) throw sessionEnded();
    return session.accessToken;
  };
};
