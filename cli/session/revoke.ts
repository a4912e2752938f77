import { ResponseBodyError, tokenRevocation } from 'openid-client';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf } from './openid.ts';
import type { Session } from './session.ts';

/** An issuer can't revoke an access token that it keeps no record of, such as a JWT. That token ends with its grant. */
const isUnsupportedType = (error: unknown): boolean =>
  error instanceof ResponseBodyError && error.error === 'unsupported_token_type';

/**
 * Revokes the refresh token and the access token of a session.
 * @returns whether the issuer has revoked both; false also when the issuer fails or has no revocation endpoint
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
