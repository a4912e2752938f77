import { ResponseBodyError, tokenRevocation } from 'openid-client';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf } from './openid.ts';
import type { Session } from './session.ts';

/**
 * Tells whether an issuer can't revoke an access token because it keeps no record of the token, as for a JWT.
 * `toolforge-build logout` takes this for a success, because the refresh token is revoked first.
 */
const isUnsupportedType = (error: unknown): boolean =>
  error instanceof ResponseBodyError && error.error === 'unsupported_token_type';

/**
 * Asks an issuer to revoke the refresh token and the access token of a session.
 * @returns false when the issuer fails, refuses, or has no revocation endpoint
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export const revoke = async (session: Session, fetch: IssuerFetch): Promise<boolean> => {
  const { issuer, tokenEndpoint, revocationEndpoint, clientId } = session;
  if (!revocationEndpoint) return false;
  const metadata = { issuer, token_endpoint: tokenEndpoint, revocation_endpoint: revocationEndpoint };
  const configuration = configurationOf(metadata, clientId, fetch);
  const tokens = [
    ['refresh_token', session.refreshToken],
    ['access_token', session.accessToken],
  ] as const;
  for (const [hint, token] of tokens) {
    if (token === undefined) continue;
    try {
      await tokenRevocation(configuration, token, { token_type_hint: hint });
    } catch (error) {
      if (!isUnsupportedType(error)) return false;
    }
  }
  return true;
};
