import { ResponseBodyError, tokenRevocation } from 'openid-client';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf } from './openid.ts';
import type { Session } from './session.ts';

/**
 * The result of a revocation: the issuer revoked the token, can't revoke it because it keeps no record of such tokens (as
 * of a JWT), or failed or refused to revoke it. `none`: the session has no such token.
 */
export type Revocation = 'revoked' | 'irrevocable' | 'failed' | 'none';

/** The results of revoking the tokens of a session. */
export type Revoked = { refreshToken: Revocation; accessToken: Revocation };

const revokeToken = async (
  { issuer, clientId, tokenEndpoint, revocationEndpoint }: Session,
  fetch: IssuerFetch,
  token: string | undefined,
  hint: string,
): Promise<Revocation> => {
  if (token === undefined) return 'none';
  if (revocationEndpoint === undefined) return 'failed';
  const metadata = { issuer, token_endpoint: tokenEndpoint, revocation_endpoint: revocationEndpoint };
  try {
    await tokenRevocation(configurationOf(metadata, clientId, fetch), token, { token_type_hint: hint });
    return 'revoked';
  } catch (error) {
    const isIrrevocable = error instanceof ResponseBodyError && error.error === 'unsupported_token_type';
    return isIrrevocable ? 'irrevocable' : 'failed';
  }
};

/**
 * Asks an issuer to revoke the refresh token of a session, and then its access token, also when the first fails.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export const revoke = async (session: Session, fetch: IssuerFetch): Promise<Revoked> => {
  const refreshToken = await revokeToken(session, fetch, session.refreshToken, 'refresh_token');
  return { refreshToken, accessToken: await revokeToken(session, fetch, session.accessToken, 'access_token') };
};
