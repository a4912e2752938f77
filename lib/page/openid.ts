// This file loads openid-client, so lib/page/session-routes.ts imports it only for a request that needs the issuer.
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client';
import type { PageClient, TrustedIssuer } from '../auth/trusted-issuers.ts';
import type { Secret } from '../secret.ts';
import { createIssuerFetch } from './issuer-fetch.ts';

/** Age in milliseconds after which the metadata of the issuer are read again: 10 minutes. */
const freshMs = 600_000;

export type OpenIdOptions = {
  issuer: TrustedIssuer;
  client: PageClient;
  secret: Secret | undefined;
  /** Scopes to request. */
  scope: string;
  /** Identifier of the API for which tokens are requested (RFC 8707). */
  resource: string;
  /** Address to which the issuer sends the browser back. */
  redirectUri: string;
};

/** Tokens of a session. `expires`: time when the access token expires, in seconds since 1970. */
export type Tokens = { accessToken: string; refreshToken: string | undefined; expires: number };

/** Values that a browser keeps between the beginning and the end of a sign-in. */
export type SignInState = { state: string; nonce: string; verifier: string };

export type OpenId = {
  /** Returns the address of the issuer at which a person signs in. */
  begin: () => Promise<SignInState & { address: string }>;
  /** Exchanges the code in the query of a redirect for tokens. @throws the errors of openid-client */
  finish: (query: string, expected: SignInState) => Promise<Tokens>;
  refresh: (refreshToken: string) => Promise<Tokens>;
  /** Asks the issuer to revoke a token. @throws the errors of openid-client */
  revoke: (token: string, hint: 'access_token' | 'refresh_token') => Promise<void>;
};

const tokensOf = (response: TokenEndpointResponse): Tokens => {
  const { exp } = decodeJwt(response.access_token);
  if (exp === undefined) throw new Error('the access token has no time of expiry');
  return { accessToken: response.access_token, refreshToken: response.refresh_token, expires: exp };
};

/**
 * Reads the metadata of the issuer. Security: openid-client compares issuers as URLs, with exceptions for some vendors;
 * the issuer must have exactly the name in AUTH_ISSUERS.
 */
const discover = async ({ issuer, client, secret }: OpenIdOptions): Promise<Configuration> => {
  const authentication = secret ? ClientSecretBasic(secret.values()[0] ?? '') : None();
  const found = await discovery(new URL(issuer.issuer), client.id, undefined, authentication, {
    execute: issuer.issuer.startsWith('http:') ? [allowInsecureRequests] : [],
    [customFetch]: createIssuerFetch(issuer.caFile),
  });
  if (found.serverMetadata().issuer !== issuer.issuer) throw new Error('the issuer describes another issuer');
  return found;
};

/** Makes the protocol of OpenID Connect with one issuer: the authorization code with PKCE, refresh and revocation. */
export const createOpenId = (options: OpenIdOptions): OpenId => {
  const { scope, resource, redirectUri } = options;
  let known: { at: number; configuration: Promise<Configuration> } | undefined;
  const configure = (): Promise<Configuration> => {
    if (known && Date.now() - known.at < freshMs) return known.configuration;
    const configuration = discover(options);
    known = { at: Date.now(), configuration };
    configuration.catch(() => {
      known = undefined;
    });
    return configuration;
  };
  return {
    begin: async () => {
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
      const address = buildAuthorizationUrl(await configure(), {
        redirect_uri: redirectUri,
        scope,
        resource,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // Without the person's consent, an issuer may give no refresh token (OpenID Connect Core, section 11).
        prompt: 'consent',
      });
      return { state, nonce, verifier, address: address.href };
    },
    finish: async (query, { state, nonce, verifier }) => {
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const redirected = new URL(`?${query}`, redirectUri);
      return tokensOf(await authorizationCodeGrant(await configure(), redirected, checks, { resource }));
    },
    refresh: async (refreshToken) => tokensOf(await refreshTokenGrant(await configure(), refreshToken, { resource })),
    revoke: async (token, hint) => {
      await tokenRevocation(await configure(), token, { token_type_hint: hint });
    },
  };
};
