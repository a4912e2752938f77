import type { Settings } from '../config/settings.ts';
import { ConfigError } from '../errors/index.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { gatewayStrategy } from './gateway.ts';
import { tokenStrategy } from './token.ts';

export const authSettings = ['issuers', 'gatewaySecret'] as const;

/** @throws ConfigError when there is no way to sign in at all */
export const configuredAuthenticate = ({
  issuers,
  gatewaySecret,
}: Settings<(typeof authSettings)[number]>): Authenticate => {
  if (issuers.length === 0 && gatewaySecret === undefined) {
    throw new ConfigError('AUTH_ISSUERS', 'set, or GATEWAY_SECRET_FILE: without either nobody can sign in');
  }
  return createAuthenticate([...(gatewaySecret ? [gatewayStrategy(gatewaySecret)] : []), tokenStrategy(issuers)]);
};
