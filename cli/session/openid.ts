// This file loads openid-client, so `toolforge-build` imports the file, and every file that depends on it, only on
// demand.
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  ClientError,
  Configuration,
  customFetch,
  None,
  ResponseBodyError,
  type ServerMetadata,
} from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';
import type { IssuerFetch } from './issuer-fetch.ts';

/** The data for a sign-in: the issuer's metadata, the id of the OAuth client, and the API that the tokens are for. */
export type Issuer = {
  metadata: ServerMetadata;
  clientId: string;
  scope: string;
  /** Identifier of the API that an issuer makes tokens for (the resource of RFC 8707). */
  resource: string;
};

/**
 * Returns openid-client's configuration for a public client. Plain http is allowed, for issuers in tests and inside a
 * cluster; `toolforge-build login` warns when tokens cross a network unencrypted.
 */
export const configurationOf = (metadata: ServerMetadata, clientId: string, fetch: IssuerFetch): Configuration => {
  const configuration = new Configuration(metadata, clientId, undefined, None());
  allowInsecureRequests(configuration);
  configuration[customFetch] = fetch;
  return configuration;
};

/** The error code and the description of an OAuth error response. */
type OAuthError = { error: string; description: string | undefined };

const oauthErrorOf = (error: unknown): OAuthError | undefined => {
  if (!(error instanceof ResponseBodyError || error instanceof AuthorizationResponseError)) return undefined;
  return { error: error.error, description: error.error_description };
};

/**
 * Returns the HTTP status of an issuer's response that openid-client could not use, such as 503; undefined for other
 * errors.
 */
export const unusableStatusOf = (error: unknown): number | undefined =>
  error instanceof ClientError && error.cause instanceof Response ? error.cause.status : undefined;

/** Tells whether a request of openid-client failed because it took longer than its time limit. */
export const isTimeout = (error: unknown): boolean => error instanceof ClientError && error.code === 'OAUTH_TIMEOUT';

const refusal = (issuer: string, reason: string, cause: unknown): Failure =>
  new Failure(exitCodes.notAllowed, `${issuer} refused to sign you in${reason ? ` (${reason})` : ''}.`, {
    hint: 'Try again: toolforge-build login',
    cause,
  });

/**
 * Returns the failure that the user sees for an error of openid-client, with the issuer's own words when the issuer
 * sent any. A Failure that the `fetch` threw for a network error is returned unchanged.
 */
export const signInFailure = (issuer: string, error: unknown): Failure => {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.cause instanceof Failure) return error.cause;
  const response = oauthErrorOf(error);
  if (response) return refusal(issuer, [response.error, response.description].filter(Boolean).join(': '), error);
  const status = unusableStatusOf(error);
  if (status !== undefined) return refusal(issuer, `HTTP status ${status}`, error);
  return refusal(issuer, error instanceof ClientError ? error.message : '', error);
};
