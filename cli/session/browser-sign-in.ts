import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { unlessAborted } from '../../lib/abort.ts';
import { exitCodes, Failure } from '../failure.ts';
import { tokenSourceOf } from './discovery.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf, type Issuer, signInFailure } from './openid.ts';
import { type Session, sessionFrom } from './session.ts';

/** Longest time that a user may take to sign in with a browser, in milliseconds. */
const signInMs = 300_000;

const sendPage = (response: ServerResponse, status: number, sentence: string): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(`<!doctype html><title>Toolforge builds</title><p>${sentence}</p>\n`);
};

const tooLate = (): Failure =>
  new Failure(exitCodes.notAllowed, 'You did not sign in within five minutes.', {
    hint: 'Try again, or use --device where the browser is on another machine.',
  });

/** An HTTP server on the loopback address, to which the issuer redirects the user's browser after a sign-in. */
type Callback = {
  server: Server;
  redirectUri: string;
  /** Resolves to the URL that the issuer redirected the user's browser to. */
  redirected: Promise<URL>;
};

/**
 * Starts the HTTP server to which the issuer redirects the user's browser. Security: the server accepts only a request
 * for the exact path with the `state` of the sign-in. It responds with 404 to requests of other local processes, and
 * waits on.
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-8.10
 */
const openCallback = async (state: string): Promise<Callback> => {
  const { promise: redirected, resolve: deliver } = promiseWithResolver<URL>();
  const server = createServer((request, response) => {
    const [path, query] = (request.url ?? '/').split(/\?(.*)/s);
    if (path !== '/callback' || new URLSearchParams(query).get('state') !== state)
      return sendPage(response, 404, 'There is no such page.');
    sendPage(response, 200, 'Done. Go back to your terminal; this page can be closed.');
    deliver(new URL(`?${query}`, redirectUri));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return { server, redirectUri, redirected };
};

/** Makes a promise and the function that resolves it, like Promise.withResolvers, which Node 20 does not have. */
const promiseWithResolver = <T>(): { promise: Promise<T>; resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};

const waitForRedirect = (redirected: Promise<URL>): Promise<URL> => {
  const signal = AbortSignal.timeout(signInMs);
  return unlessAborted(redirected, signal).catch((error: unknown) => {
    throw signal.aborted ? tooLate() : error;
  });
};

/**
 * Signs the user in with an authorization code and PKCE (S256). The issuer redirects the browser to an HTTP server on
 * the loopback address, which runs only during the sign-in. openid-client checks the state, the `iss` parameter and the
 * ID token.
 * @param show opens a page in a browser, or asks the user to open the page
 * @throws Failure when the issuer refuses, or the user does not sign in within 5 minutes
 * @see https://www.rfc-editor.org/rfc/rfc7636 @see https://www.rfc-editor.org/rfc/rfc8252
 */
export const signInByBrowser = async (
  issuer: Issuer,
  fetch: IssuerFetch,
  show: (url: string) => void,
): Promise<Session> => {
  const { metadata, clientId, scope, resource } = issuer;
  const configuration = configurationOf(metadata, clientId, fetch);
  const [state, verifier] = [randomState(), randomPKCECodeVerifier()];
  const { server, redirectUri, redirected } = await openCallback(state);
  const parameters = {
    redirect_uri: redirectUri,
    scope,
    resource,
    state,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // The issuer must ask the user for consent, because without consent it may give no refresh token for the scope
    // offline_access (OpenID Connect Core, section 11).
    prompt: 'consent',
  };
  try {
    show(buildAuthorizationUrl(configuration, parameters).href);
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await authorizationCodeGrant(configuration, await waitForRedirect(redirected), checks, { resource });
    return sessionFrom(tokenSourceOf(issuer), tokens, Date.now());
  } catch (error) {
    throw signInFailure(metadata.issuer, error);
  } finally {
    server.close();
  }
};
