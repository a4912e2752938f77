import type { Run } from '../context.ts';
import { EXIT } from '../failure.ts';
import type { Exchange } from '../session/exchange.ts';
import type { Session } from '../session/tokens.ts';

/** Of a token that the issuer keeps no record of (a JWT) it says so: that ends with what it came from. */
const isDone = (status: number, error: unknown): boolean => status === 200 || error === 'unsupported_token_type';

/** @returns whether the issuer has revoked all (RFC 7009) */
async function revoke({ revocationEndpoint, clientId, ...session }: Session, exchange: Exchange): Promise<boolean> {
  if (!revocationEndpoint) return false;
  const tokens: Array<[string, string | undefined]> = [
    ['refresh_token', session.refreshToken],
    ['access_token', session.accessToken],
  ];
  try {
    for (const [hint, token] of tokens) {
      if (token === undefined) continue;
      const form = { token, token_type_hint: hint, client_id: clientId };
      const { status, json } = await exchange(revocationEndpoint, form);
      if (!isDone(status, json.error)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Revokes the tokens of the sign-in, and forgets them in any case. */
export const logout: Run = async ({ terminal, account: open }) => {
  const { base, sessions, exchange } = await open();
  let outcome: 'none' | 'revoked' | 'kept' = 'none';
  let expiresAt: number | undefined;
  await sessions.change(base, async (session) => {
    if (!session) return undefined;
    outcome = (await revoke(session, exchange)) ? 'revoked' : 'kept';
    expiresAt = session.expiresAt;
    return undefined;
  });
  if ((outcome as string) === 'kept') {
    const until = expiresAt === undefined ? 'they expire' : new Date(expiresAt).toISOString();
    terminal.warning(
      `The tokens are forgotten here, but the issuer did not revoke them: they are good until ${until}.`,
    );
    return EXIT.unavailable;
  }
  terminal.out((outcome as string) === 'none' ? 'You were not signed in.' : 'You are signed out.');
  return EXIT.ok;
};
