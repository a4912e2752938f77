import {
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  type TokenEndpointResponse,
} from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';
import { tokenSourceOf } from './discovery.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf, type Issuer, isTimeout, signInFailure } from './openid.ts';
import { safeUrl } from './safe-url.ts';
import { type Session, sessionFrom } from './session.ts';

export type DeviceOptions = {
  fetch: IssuerFetch;
  /** Tells the user which page to open in a browser to sign in, and which code the page must show. */
  show: (url: string, code: string) => void | Promise<void>;
  /** Seconds between two requests for the tokens, while the user signs in. Default: the issuer's interval, or 5 s. */
  pollSeconds?: number;
};

const expired = (cause: unknown): Failure =>
  new Failure(exitCodes.notAllowed, 'The code expired before you signed in.', { hint: 'Try again.', cause });

const unsupported = (issuer: string): Failure =>
  new Failure(exitCodes.usage, `${issuer} can't sign you in without a browser on this machine.`, {
    hint: 'Sign in on another machine, and set TOOLFORGE_TOKEN here to what `toolforge-build token` prints there.',
  });

/** Longest time in seconds for which a device code is polled, whatever the issuer says. */
const maxCodeSeconds = 3600;

/**
 * Returns a `fetch` that reads a response of 5xx as "the user has not signed in yet", so that a failure of the issuer
 * does not end the sign-in. openid-client then goes on polling by itself, at the interval that the issuer has asked for
 * with `slow_down` before.
 */
const throughFailures =
  (fetch: IssuerFetch): IssuerFetch =>
  async (url, options) => {
    const response = await fetch(url, options);
    if (response.status < 500) return response;
    const retryAfter = response.headers.get('retry-after');
    const headers = retryAfter === null ? {} : { 'retry-after': retryAfter };
    return Response.json({ error: 'authorization_pending' }, { status: 400, headers });
  };

/** Requests the tokens again and again until the user has signed in or the device code expires. */
const pollTokens = async (
  { metadata, clientId }: Issuer,
  fetch: IssuerFetch,
  code: DeviceAuthorizationResponse,
): Promise<TokenEndpointResponse> => {
  const signal = AbortSignal.timeout(Math.min(code.expires_in, maxCodeSeconds) * 1000);
  const configuration = configurationOf(metadata, clientId, throughFailures(fetch));
  try {
    return await pollDeviceAuthorizationGrant(configuration, code, undefined, { signal });
  } catch (error) {
    throw signal.aborted || isTimeout(error) ? expired(error) : error;
  }
};

/**
 * Checks the code that a user compares with the code on the issuer's page.
 * @throws Failure for a code that is too long to compare, or has characters that are not shown
 */
const requireUserCode = (code: string, issuer: string): string => {
  if (/^[\x20-\x7e]{1,64}$/.test(code)) return code;
  throw new Failure(exitCodes.unavailable, `${issuer} sent a code that can't be compared.`);
};

const isExpiredCode = (error: unknown): boolean => (error as { error?: unknown }).error === 'expired_token';

/**
 * Signs the user in with the device authorization grant: the user opens a page in a browser on any machine.
 * @throws Failure when the issuer does not support the grant, refuses, or the code expires
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
export const signInByDevice = async (issuer: Issuer, options: DeviceOptions): Promise<Session> => {
  const { metadata, clientId, scope, resource } = issuer;
  if (!metadata.device_authorization_endpoint) throw unsupported(metadata.issuer);
  const configuration = configurationOf(metadata, clientId, options.fetch);
  try {
    const code = await initiateDeviceAuthorization(configuration, { scope, resource });
    const page = code.verification_uri_complete ?? code.verification_uri;
    await options.show(
      safeUrl(page, `The page to sign in at ${metadata.issuer}`, new URL(metadata.issuer)),
      requireUserCode(code.user_code, metadata.issuer),
    );
    const interval = options.pollSeconds ?? code.interval;
    const tokens = await pollTokens(issuer, options.fetch, {
      ...code,
      ...(interval === undefined ? {} : { interval }),
    });
    return sessionFrom(tokenSourceOf(issuer), tokens, Date.now());
  } catch (error) {
    throw isExpiredCode(error) ? expired(error) : signInFailure(metadata.issuer, error);
  }
};
