import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, ConfigError } from '../errors.ts';
import { bearerToken } from './bearer-token.ts';
import { challenge } from './challenge.ts';
import { type ClusterKeySource, clusterKeys } from './cluster-keys.ts';
import { type TokenIssuer, verifyToken } from './token.ts';

export const eventAuthSettings = ['eventIssuer', 'eventKeysUrl', 'eventSubjects'] as const;

type EventAuthSettings = {
  eventIssuer: string;
  eventKeysUrl: string | undefined;
  /** Accepted subjects of the tokens with which Knative sends events. */
  eventSubjects: readonly string[];
};

const authenticate = async (
  authorization: string | undefined,
  issuer: TokenIssuer,
  subjects: readonly string[],
): Promise<void> => {
  const token = bearerToken(authorization);
  if (!token)
    throw new ApiError(401, 'unauthenticated', 'This event has no token. Send it through the broker.', {
      headers: challenge(),
    });
  const { sub } = await verifyToken(token, issuer);
  if (!subjects.includes(sub))
    throw new ApiError(403, 'forbidden', 'EVENT_SUBJECTS does not list the subject of this event.');
};

/**
 * Makes the authentication of events. Knative's Triggers and sources send each event with a token. The token's audience
 * is the function that receives the event, and the token's subject is the Trigger or source.
 * @param audience the name of the function that receives the events
 * @throws ConfigError when the setting EVENT_SUBJECTS is empty
 * @see https://knative.dev/docs/eventing/features/authn-oidc/
 */
export const eventAuthenticateFromSettings = (
  settings: EventAuthSettings,
  audience: string,
  kube: ClusterKeySource,
): ((headers: IncomingHttpHeaders) => Promise<void>) => {
  const { eventIssuer, eventSubjects } = settings;
  if (eventSubjects.length === 0)
    throw new ConfigError('EVENT_SUBJECTS', 'set: the subjects of the tokens that events come with');
  const keys = clusterKeys(kube, settings);
  return ({ authorization }) => authenticate(authorization, { issuer: eventIssuer, audience, keys }, eventSubjects);
};
