import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../errors.ts';
import { bearerToken } from './bearer-token.ts';
import { type ClusterKeySource, clusterKeys } from './cluster-keys.ts';
import { verifyToken } from './token.ts';

export const metricsAuthSettings = ['eventIssuer', 'eventKeysUrl', 'metricsSubjects'] as const;

type MetricsAuthSettings = {
  eventIssuer: string;
  eventKeysUrl: string | undefined;
  /** Subjects of the ServiceAccounts that may read the metrics of single tools. */
  metricsSubjects: readonly string[];
};

/** Audience that a token must have to read the metrics of single tools. Tokens for other purposes have other audiences, and are refused. */
const audience = 'metrics';

/**
 * Tells whether a caller may read the metrics of single tools. A caller without a token may not.
 * @throws ApiError 401 `token_invalid` or 403 `forbidden` for a token that gives no access, so that a monitoring whose
 * token is wrong notices it
 */
export type MayReadTools = (headers: IncomingHttpHeaders) => Promise<boolean>;

/**
 * Makes the check for the cluster's monitoring: the ServiceAccounts that METRICS_SUBJECTS lists. Everybody may read
 * metrics, but which tools build, and how much, is no other tool's business, so no tool's credential gives access. With
 * an empty list nobody has access.
 */
export const mayReadToolsFromSettings = (settings: MetricsAuthSettings, kube: ClusterKeySource): MayReadTools => {
  const { eventIssuer, metricsSubjects } = settings;
  const keys = clusterKeys(kube, settings);
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (!token) return false;
    const { sub } = await verifyToken(token, { issuer: eventIssuer, audience, keys });
    if (metricsSubjects.includes(sub)) return true;
    throw new ApiError(
      403,
      'forbidden',
      'METRICS_SUBJECTS does not list this ServiceAccount. Send no token to read the metrics of all tools together.',
    );
  };
};
