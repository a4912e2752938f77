import type { Sources } from '../settings.ts';

/** The access token, renewed when it is about to expire. @throws Failure when the sign-in has ended */
export type SessionToken = () => Promise<string>;

/** The sign-in to the API at this address; undefined when there is none. Loads next to nothing then. */
export async function openSession(
  { env, home }: Pick<Sources, 'env' | 'home'>,
  base: URL,
): Promise<SessionToken | undefined> {
  const { openSessions, sessionPath } = await import('./file.ts');
  const file = openSessions(sessionPath(env, home));
  let session = await file.read(base);
  if (!session) return undefined;
  const { needsRefresh, refresh, ended } = await import('./tokens.ts');
  const { openExchange } = await import('./trusted.ts');
  const renew = async () => {
    const exchange = await openExchange({ env, home }, base);
    // Under the lock: a refresh token is good for once, and another command may have used it meanwhile.
    return file.change(base, async (found) => {
      if (!found) throw ended();
      return needsRefresh(found, Date.now()) ? refresh(found, exchange, Date.now) : found;
    });
  };
  return async () => {
    if (session && needsRefresh(session, Date.now())) session = await renew();
    if (!session) throw ended();
    return session.accessToken;
  };
}
