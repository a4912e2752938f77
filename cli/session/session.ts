import type { TokenEndpointResponse } from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';

/**
 * The tokens of a sign-in to one API, and what refreshing and revoking them takes. Stored as JSON in the session file.
 */
export type Session = {
  issuer: string;
  clientId: string;
  /** Identifier of the API, for which tokens are requested (RFC 8707). */
  resource: string;
  tokenEndpoint: string;
  revocationEndpoint: string | undefined;
  accessToken: string;
  refreshToken: string | undefined;
  /**
   * Time of the next refresh in milliseconds since 1970; undefined when the issuer does not say how long a token lasts.
   */
  refreshAt: number | undefined;
  /** Time at which the access token expires in milliseconds since 1970; undefined when unknown. */
  expiresAt: number | undefined;
};

/** The part of a session that a refresh does not change. */
export type TokenSource = Pick<Session, 'issuer' | 'clientId' | 'resource' | 'tokenEndpoint' | 'revocationEndpoint'>;

/** Share of a token's lifetime after which it is refreshed. The rest bridges a failure of the issuer. */
const refreshShare = 0.8;

/**
 * Makes a session from the response of a token endpoint.
 * @param now milliseconds since 1970
 * @param previous the session before a refresh; its refresh token stays valid when the response has none
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
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token || previous?.refreshToken,
    refreshAt: lifetimeMs === undefined ? undefined : now + lifetimeMs * refreshShare,
    expiresAt: lifetimeMs === undefined ? undefined : now + lifetimeMs,
  };
};

/** The failure for a sign-in that the issuer has ended. */
export const sessionEnded = (): Failure =>
  new Failure(exitCodes.notAllowed, 'Your sign-in has ended.', {
    hint: 'Sign in again with `toolforge-build login`, or remove the sign-in with `toolforge-build logout`.',
  });

const isPast = (time: number | undefined, now: number): boolean => time !== undefined && now >= time;

/** Tells whether the access token should be refreshed. `now` is in milliseconds since 1970. */
export const needsRefresh = ({ refreshAt }: Session, now: number): boolean => isPast(refreshAt, now);

/** Tells whether the access token has expired. `now` is in milliseconds since 1970. */
export const hasExpired = ({ expiresAt }: Session, now: number): boolean => isPast(expiresAt, now);
