import type { Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import type { Account } from '../session/account.ts';
import type { Revocation, Revoked } from '../session/revoke.ts';
import type { Session } from '../session/session.ts';

type Removed = { session: Session; revoked: Revoked };

/**
 * Revokes a session's tokens and removes the session from the session file, also when the issuer fails to revoke.
 * Returns undefined when the user is not signed in.
 */
const removeSession = async ({ base, sessions, fetch }: Account): Promise<Removed | undefined> => {
  const { revoke } = await import('../session/revoke.ts');
  let removed: Removed | undefined;
  await sessions.change(base, async (session) => {
    if (session) removed = { session, revoked: await revoke(session, fetch) };
    return undefined;
  });
  return removed;
};

const isDone = (revocation: Revocation): boolean => revocation === 'revoked' || revocation === 'none';

/** Returns when an access token expires, such as "2026-11-28T08:00:00.000Z", or a text that says that nobody knows. */
const endOf = ({ expiresAt }: Session): string => {
  const date = new Date(expiresAt ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? 'it expires' : date.toISOString();
};

/** Returns the sentences about the tokens that may still be accepted after a sign-out. */
const remains = ({ session, revoked: { refreshToken, accessToken } }: Removed): string[] => [
  ...(isDone(refreshToken)
    ? []
    : [
        'The issuer did not revoke the refresh token: whoever has a copy of it can get new tokens until the issuer ends it.',
      ]),
  ...(isDone(accessToken)
    ? []
    : [
        `The issuer ${accessToken === 'failed' ? 'did' : 'can'} not revoke the access token: whoever has a copy of it may use it until ${endOf(session)}.`,
      ]),
];

/** Runs the command `logout`, which revokes the tokens of the sign-in and removes them from this machine. */
export const logout: Run = async ({ terminal, account }) => {
  const removed = await removeSession(await account());
  if (!removed) {
    terminal.out('You were not signed in.');
    return exitCodes.ok;
  }
  const { refreshToken, accessToken } = removed.revoked;
  // An access token that can't be revoked is the usual case and lasts for minutes. The user has then signed out as far
  // as the issuer allows.
  const isSignedOut =
    isDone(refreshToken) && (isDone(accessToken) || (accessToken === 'irrevocable' && refreshToken === 'revoked'));
  terminal.out(isSignedOut ? 'You are signed out.' : 'The tokens are removed from this machine.');
  for (const sentence of remains(removed)) terminal.warning(sentence);
  return isSignedOut ? exitCodes.ok : exitCodes.unavailable;
};
