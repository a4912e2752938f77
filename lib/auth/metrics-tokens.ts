import { ApiError } from '../errors.ts';
import { createAccess } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import { bearerToken } from './bearer-token.ts';
import { challenge } from './challenge.ts';
import { type ClusterKeySource, clusterKeys } from './cluster-keys.ts';
import { verifyToken } from './token.ts';

export const metricsAuthSettings = ['eventIssuer', 'eventKeysUrl', 'metricsSubjects'] as const;

type MetricsAuthSettings = {
  eventIssuer: string;
  eventKeysUrl: string | undefined;
  /** Subjects of the ServiceAccounts that may read metrics. */
  metricsSubjects: readonly string[];
};

/** Audience that a token must have to read metrics. Tokens for other purposes have other audiences, and are refused. */
const audience = 'metrics';

/**
 * Makes the authentication of the cluster's monitoring: the ServiceAccounts that METRICS_SUBJECTS lists. Metrics show
 * the builds of all tools, so no tool's credential may read them. With an empty list nobody may read metrics.
 */
export const metricsAuthenticateFromSettings = (
  settings: MetricsAuthSettings,
  kube: ClusterKeySource,
): Authenticate => {
  const { eventIssuer, metricsSubjects } = settings;
  const keys = clusterKeys(kube, settings);
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (!token)
      throw new ApiError(401, 'unauthenticated', 'Metrics need a token of a ServiceAccount that may read them.', {
        headers: challenge(),
      });
    const { sub } = await verifyToken(token, { issuer: eventIssuer, audience, keys });
    if (metricsSubjects.includes(sub)) return createAccess({ subject: sub, credential: 'service-account', grants: [] });
    throw new ApiError(403, 'forbidden', 'METRICS_SUBJECTS does not list this ServiceAccount.');
  };
};
