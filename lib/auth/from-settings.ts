import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Secret } from '../secret.ts';
import { type Authenticate, type CredentialCheck, createAuthenticate } from './authenticate.ts';
import { createGatewayCheck } from './gateway.ts';
import { type RateLimitOptions, withRateLimit } from './rate-limit.ts';
import { createSessionCheck } from './session/check.ts';
import type { Superusers } from './superusers.ts';
import { createTokenCheck } from './token.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

export const authSettings = [
  'issuers',
  'keysFolder',
  'gatewaySecret',
  'superusers',
  'sessionKeys',
  'webUrl',
  'rateReads',
  'rateChanges',
  'failureDelayMs',
] as const;

type AuthSettings = Pick<RateLimitOptions, 'rateReads' | 'rateChanges' | 'failureDelayMs'> & {
  issuers: readonly TrustedIssuer[];
  /** Folder where the ConfigMap with the issuers' saved keys is mounted. */
  keysFolder: string | undefined;
  gatewaySecret: Secret | undefined;
  superusers: Superusers;
  sessionKeys: Secret | undefined;
  /** Address of the page, whose sessions are a credential. */
  webUrl: string | undefined;
};

/** Makes the check of the page's sessions, if this installation has a page whose sessions are sealed by the keys. */
const sessionCheck = (
  { sessionKeys: keys, webUrl }: Pick<AuthSettings, 'sessionKeys' | 'webUrl'>,
  checkToken: CredentialCheck,
): CredentialCheck[] => {
  if (!keys || webUrl === undefined) return [];
  return [createSessionCheck({ keys, isSecure: webUrl.startsWith('https:'), checkToken })];
};

/**
 * Makes the rate-limited authentication of the HTTP functions: by the gateway's headers, then by bearer tokens, then by
 * the page's session.
 * @throws ConfigError when neither issuers nor a gateway secret are set
 */
export const authenticateFromSettings = (settings: AuthSettings, log: Log): Authenticate => {
  const { issuers, keysFolder, gatewaySecret, superusers, rateReads, rateChanges, failureDelayMs } = settings;
  if (issuers.length === 0 && gatewaySecret === undefined) {
    throw new ConfigError('AUTH_ISSUERS', 'set, or GATEWAY_SECRET_FILE: without either nobody can sign in');
  }
  const gateway = gatewaySecret ? [createGatewayCheck(gatewaySecret, superusers)] : [];
  const checkToken = createTokenCheck(issuers, { keysFolder, log });
  const authenticate = createAuthenticate([...gateway, checkToken, ...sessionCheck(settings, checkToken)]);
  return withRateLimit(authenticate, { rateReads, rateChanges, failureDelayMs, log });
};
