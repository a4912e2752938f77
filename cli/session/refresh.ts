import { ResponseBodyError, refreshTokenGrant } from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf } from './openid.ts';
import { hasExpired, type Session, sessionEnded, sessionFrom } from './session.ts';

/**
 * OAuth error codes for a refresh token or a client that the issuer will never accept again, so that the user must sign
 * in again.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
const finalErrors = ['invalid_grant', 'invalid_client', 'unauthorized_client'];

const isFinal = (error: unknown): boolean =>
  error instanceof ResponseBodyError && [400, 401].includes(error.status) && finalErrors.includes(error.error);

/**
 * Returns a `fetch` that removes the ID token from token responses. `toolforge-build` uses no ID token, and a session
 * does not hold the metadata with which openid-client checks ID tokens. A failed check would lose the new refresh
 * token.
 */
const withoutIdToken =
  (fetch: IssuerFetch): IssuerFetch =>
  async (url, options) => {
    const response = await fetch(url, options);
    if (response.status !== 200) return response;
    const { id_token: _, ...tokens } = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    return Response.json(tokens);
  };

const requestTokens = async (session: Session, refreshToken: string, fetch: IssuerFetch, now: number) => {
  const metadata = { issuer: session.issuer, token_endpoint: session.tokenEndpoint };
  const configuration = configurationOf(metadata, session.clientId, withoutIdToken(fetch));
  const tokens = await refreshTokenGrant(configuration, refreshToken, { resource: session.resource });
  return sessionFrom(session, tokens, now, session);
};

const expiredWithoutRefresh = ({ issuer }: Session, cause: unknown): Failure =>
  new Failure(exitCodes.unavailable, `Your token has expired, and ${issuer} does not give another now.`, {
    hint: 'Try again in a few minutes, or sign in again with `toolforge-build login`.',
    cause,
  });

/**
 * Returns a session with a new access token. If the issuer fails, returns the old session until its access token
 * expires.
 * @param now returns milliseconds since 1970
 * @throws Failure when the sign-in has ended, or when the access token has expired and the issuer fails
 */
export const refresh = async (session: Session, fetch: IssuerFetch, now: () => number): Promise<Session> => {
  if (session.refreshToken === undefined) {
    if (hasExpired(session, now())) throw sessionEnded();
    return session;
  }
  try {
    return await requestTokens(session, session.refreshToken, fetch, now());
  } catch (error) {
    if (isFinal(error)) throw sessionEnded();
    if (!hasExpired(session, now())) return session;
    throw expiredWithoutRefresh(session, error);
  }
};
