import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Secret } from '../secret.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { createGatewayCheck } from './gateway.ts';
import { type RateLimitOptions, withRateLimit } from './rate-limit.ts';
import type { Superusers } from './superusers.ts';
import { createTokenCheck } from './token.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

export const authSettings = [
  'issuers',
  'keysFolder',
  'gatewaySecret',
  'superusers',
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
};

/**
 * Makes the rate-limited authentication of the HTTP functions: by the gateway's headers, then by bearer tokens.
 * @throws ConfigError when neither issuers nor a gateway secret are set
 */
export const authenticateFromSettings = (
  { issuers, keysFolder, gatewaySecret, superusers, rateReads, rateChanges, failureDelayMs }: AuthSettings,
  log: Log,
): Authenticate => {
  if (issuers.length === 0 && gatewaySecret === undefined) {
    throw new ConfigError('AUTH_ISSUERS', 'set, or GATEWAY_SECRET_FILE: without either nobody can sign in');
  }
  const gateway = gatewaySecret ? [createGatewayCheck(gatewaySecret, superusers)] : [];
  const authenticate = createAuthenticate([...gateway, createTokenCheck(issuers, { keysFolder, log })]);
  return withRateLimit(authenticate, { rateReads, rateChanges, failureDelayMs, log });
};
