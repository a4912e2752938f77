import type { TokenEndpointResponse } from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';
import { requireToken } from '../token-text.ts';

/**
 * The tokens of a sign-in to one API, and the data to refresh and revoke these tokens. The session file holds sessions
 * as JSON.
 */
export type Session = {
  issuer: string;
  clientId: string;
  /** Identifier of the API that an issuer makes tokens for (the resource of RFC 8707). */
  resource: string;
  tokenEndpoint: string;
  revocationEndpoint: string | undefined;
  accessToken: string;
  refreshToken: string | undefined;
  /**
   * Time from which the access token is refreshed, in milliseconds since 1970; undefined when the issuer does not say
   * how long the token lasts.
   */
  refreshAt: number | undefined;
  /** Time at which the access token expires, in milliseconds since 1970; undefined when the issuer does not say. */
  expiresAt: number | undefined;
};

/** The part of a session that a refresh does not change: the issuer's endpoints, the OAuth client and the API. */
export type TokenSource = Pick<Session, 'issuer' | 'clientId' | 'resource' | 'tokenEndpoint' | 'revocationEndpoint'>;

/**
 * Share of an access token's lifetime after which the token is refreshed. The rest of the lifetime bridges a failure of
 * the issuer.
 */
const refreshShare = 0.8;

/**
 * Makes a session from the response of an issuer's token endpoint.
 * @param now milliseconds since 1970
 * @param previous the session before a refresh; its refresh token is kept when the response has none
 * @throws Failure when the access token has characters that no token has
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export const sessionFrom = (
  { issuer, clientId, resource, tokenEndpoint, revocationEndpoint }: TokenSource,
  tokens: TokenEndpointResponse,
  now: number,
  previous?: Session,
): Session => {
  const lifetimeMs = tokens.expires_in === undefined ? undefined : tokens.expires_in * 1000;
  return {
    issuer,
    clientId,
    resource,
    tokenEndpoint,
    revocationEndpoint,
    accessToken: requireToken(tokens.access_token, `What ${issuer} sent`),
    refreshToken: tokens.refresh_token || previous?.refreshToken,
    refreshAt: lifetimeMs === undefined ? undefined : now + lifetimeMs * refreshShare,
    expiresAt: lifetimeMs === undefined ? undefined : now + lifetimeMs,
  };
};

/** Returns the failure for a sign-in that the issuer has ended. */
export const sessionEnded = (): Failure =>
  new Failure(exitCodes.notAllowed, 'Your sign-in has ended.', {
    hint: 'Sign in again with `toolforge-build login`, or remove the sign-in with `toolforge-build logout`.',
  });

const isPast = (time: number | undefined, now: number): boolean => time !== undefined && now >= time;

/** Tells whether the access token of a session should be refreshed. `now` is in milliseconds since 1970. */
export const needsRefresh = ({ refreshAt }: Session, now: number): boolean => isPast(refreshAt, now);

/** Tells whether the access token of a session has expired. `now` is in milliseconds since 1970. */
export const hasExpired = ({ expiresAt }: Session, now: number): boolean => isPast(expiresAt, now);
