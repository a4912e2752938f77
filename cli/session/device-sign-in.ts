import {
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  type TokenEndpointResponse,
} from 'openid-client';
import { exitCodes, Failure } from '../failure.ts';
import { tokenSourceOf } from './discovery.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { configurationOf, type Issuer, isTimeout, signInFailure, unusableStatusOf } from './openid.ts';
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

type Configured = ReturnType<typeof configurationOf>;

/**
 * Requests the tokens again and again until the user has signed in or the device code expires. A response of 5xx from
 * the issuer does not end the wait.
 */
const pollTokens = async (
  configuration: Configured,
  code: DeviceAuthorizationResponse,
): Promise<TokenEndpointResponse> => {
  const signal = AbortSignal.timeout(code.expires_in * 1000);
  for (;;) {
    try {
      return await pollDeviceAuthorizationGrant(configuration, code, undefined, { signal });
    } catch (error) {
      if (signal.aborted || isTimeout(error)) throw expired(error);
      if ((unusableStatusOf(error) ?? 0) < 500) throw error;
    }
  }
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
    await options.show(code.verification_uri_complete ?? code.verification_uri, code.user_code);
    const interval = options.pollSeconds ?? code.interval;
    const tokens = await pollTokens(configuration, { ...code, ...(interval === undefined ? {} : { interval }) });
    return sessionFrom(tokenSourceOf(issuer), tokens, Date.now());
  } catch (error) {
    throw isExpiredCode(error) ? expired(error) : signInFailure(metadata.issuer, error);
  }
};
