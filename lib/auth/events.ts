import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError } from '../errors/index.ts';
import { createAuthenticate } from './authenticate.ts';
import { type Issuer, tokenStrategy } from './token.ts';

/**
 * The event path: a token for this function's own audience, as Knative's Triggers send it.
 * @param audience the function's name
 * @throws ConfigError
 */
export const configuredEventAuthenticate = (
  issuers: readonly Issuer[],
  audience: string,
): ((headers: IncomingHttpHeaders) => Promise<unknown>) => {
  const own = issuers.map((issuer) => ({ ...issuer, audience }));
  if (own.length === 0) throw new ConfigError('EVENT_ISSUERS', 'set: the issuer of the tokens that events come with');
  return createAuthenticate([tokenStrategy(own)]);
};
