import type { Settings } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import type { Kube } from '../kube/client.ts';
import { createAccess } from './access.ts';
import { type Authenticate, challenge } from './authenticate.ts';
import { clusterKeys } from './event-tokens.ts';
import { bearerToken, verifyToken } from './token.ts';

export const metricsAuthSettings = ['eventIssuer', 'eventKeysUrl', 'metricsSubjects'] as const;

/** What a token must be for, so that none that was made for something else opens this. */
const audience = 'metrics';

/**
 * Who may read what all tools do: ServiceAccounts of the cluster that a setting lists, by a token of their own for this
 * audience. Not a tool: what others build is none of its business. Nobody where the list is empty.
 */
export const metricsAuthenticateFromSettings = (
  settings: Settings<(typeof metricsAuthSettings)[number]>,
  kube: Kube,
): Authenticate => {
  const { eventIssuer, metricsSubjects } = settings;
  const keys = clusterKeys(kube, settings);
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (!token)
      throw new ApiError(401, 'unauthenticated', 'Metrics need a token of a ServiceAccount that may read them.', {
        headers: challenge(),
      });
    const { sub = '' } = await verifyToken(token, { issuer: eventIssuer, audience, keys });
    if (metricsSubjects.includes(sub)) return createAccess({ subject: sub, credential: 'service-account', grants: [] });
    throw new ApiError(403, 'forbidden', 'METRICS_SUBJECTS does not list this ServiceAccount.');
  };
};
