import type { Settings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { createGatewayCheck } from './gateway.ts';
import { withRateLimit } from './rate-limit.ts';
import { createTokenCheck } from './token.ts';

export const authSettings = [
  'issuers',
  'keysFolder',
  'gatewaySecret',
  'rateReads',
  'rateChanges',
  'failureDelayMs',
] as const;

type AuthSettings = Settings<(typeof authSettings)[number]>;

/** @throws ConfigError when there is no way to sign in at all */
export const authenticateFromSettings = (
  { issuers, keysFolder, gatewaySecret, rateReads, rateChanges, failureDelayMs }: AuthSettings,
  log: Log,
): Authenticate => {
  if (issuers.length === 0 && gatewaySecret === undefined) {
    throw new ConfigError('AUTH_ISSUERS', 'set, or GATEWAY_SECRET_FILE: without either nobody can sign in');
  }
  const gateway = gatewaySecret ? [createGatewayCheck(gatewaySecret)] : [];
  const authenticate = createAuthenticate([...gateway, createTokenCheck(issuers, keysFolder)]);
  return withRateLimit(authenticate, { rateReads, rateChanges, failureDelayMs, log });
};
