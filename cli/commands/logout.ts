import type { Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import type { Account } from '../session/account.ts';
import type { Session } from '../session/session.ts';

type Removed = { session: Session; isRevoked: boolean };

/**
 * Revokes a session's tokens and removes the session from the session file, also when the issuer fails to revoke.
 * Returns undefined when the user is not signed in.
 */
const removeSession = async ({ base, sessions, fetch }: Account): Promise<Removed | undefined> => {
  const { revoke } = await import('../session/revoke.ts');
  let removed: Removed | undefined;
  await sessions.change(base, async (session) => {
    if (session) removed = { session, isRevoked: await revoke(session, fetch) };
    return undefined;
  });
  return removed;
};

/** Runs the command `logout`, which revokes the tokens of the sign-in and removes them from this machine. */
export const logout: Run = async ({ terminal, account }) => {
  const removed = await removeSession(await account());
  if (!removed || removed.isRevoked) {
    terminal.out(removed ? 'You are signed out.' : 'You were not signed in.');
    return exitCodes.ok;
  }
  const { expiresAt } = removed.session;
  const end = expiresAt === undefined ? 'they expire' : new Date(expiresAt).toISOString();
  terminal.warning(
    `The tokens are removed from this machine, but the issuer did not revoke them. They stay valid until ${end}.`,
  );
  return exitCodes.unavailable;
};
