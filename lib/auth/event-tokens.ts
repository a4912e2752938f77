import type { IncomingHttpHeaders } from 'node:http';
import type { Settings } from '../config/settings.ts';
import { ApiError, ConfigError } from '../errors.ts';
import type { Kube } from '../kube/client.ts';
import { challenge } from './authenticate.ts';
import { createIssuerKeys, downloadKeys } from './issuer-keys.ts';
import { bearerToken, type TokenIssuer, verifyToken } from './token.ts';

export const eventAuthSettings = ['eventIssuer', 'eventKeysUrl', 'eventSubjects'] as const;

type EventAuthSettings = Settings<(typeof eventAuthSettings)[number]>;

/**
 * Keys of the cluster's own issuer. The API server gives them only to who is known to it, and under its own certificate;
 * a setting may name another place.
 */
export const clusterKeys = (kube: Kube, { eventKeysUrl }: Settings<'eventKeysUrl'>) =>
  createIssuerKeys({
    load: () => (eventKeysUrl === undefined ? kube.keys() : downloadKeys({ jwksUri: eventKeysUrl })),
  });

const authenticate = async (
  authorization: string | undefined,
  verifier: TokenIssuer,
  subjects: readonly string[],
): Promise<void> => {
  const token = bearerToken(authorization);
  if (!token)
    throw new ApiError(401, 'unauthenticated', 'Events need a token of the broker.', { headers: challenge() });
  const { sub = '' } = await verifyToken(token, verifier);
  if (!subjects.includes(sub)) throw new ApiError(403, 'forbidden', 'Events are taken from our own triggers only.');
};

/**
 * The event path: a token for this function's own audience, as Knative's Triggers and sources send it, each under a
 * subject of its own.
 * @param audience the function's name
 * @throws ConfigError
 * @see https://knative.dev/docs/eventing/features/authn-oidc/
 */
export const eventAuthenticateFromSettings = (
  settings: EventAuthSettings,
  audience: string,
  kube: Kube,
): ((headers: IncomingHttpHeaders) => Promise<void>) => {
  const { eventIssuer, eventSubjects } = settings;
  if (eventSubjects.length === 0)
    throw new ConfigError('EVENT_SUBJECTS', 'set: the subjects of the tokens that events come with');
  const keys = clusterKeys(kube, settings);
  return ({ authorization }) => authenticate(authorization, { issuer: eventIssuer, audience, keys }, eventSubjects);
};
