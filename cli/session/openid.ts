// This file and its importers load openid-client, so the rest of the program imports them only when they are needed.
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

/** The issuer, the public client and the API of a sign-in. */
export type Issuer = {
  metadata: ServerMetadata;
  clientId: string;
  scope: string;
  /** Identifier of the API, for which tokens are requested (RFC 8707). */
  resource: string;
};

/**
 * Returns openid-client's configuration of a public client. Plain http is allowed, for issuers of a test or inside of a
 * cluster; `login` warns when tokens cross a network unencrypted.
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

/** Returns the status of a response that openid-client could not use, such as a 503; undefined for other errors. */
export const unusableStatusOf = (error: unknown): number | undefined =>
  error instanceof ClientError && error.cause instanceof Response ? error.cause.status : undefined;

/** Tells whether openid-client gave up because its signal fired. */
export const isTimeout = (error: unknown): boolean => error instanceof ClientError && error.code === 'OAUTH_TIMEOUT';

const refusal = (issuer: string, reason: string, cause: unknown): Failure =>
  new Failure(exitCodes.notAllowed, `${issuer} refused to sign you in${reason ? ` (${reason})` : ''}.`, {
    hint: 'Try again: toolforge-build login',
    cause,
  });

/**
 * Returns the failure for an error of openid-client, with the issuer's own words where there are any. An error of the
 * network that the fetch reported as a Failure is returned as it is.
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
