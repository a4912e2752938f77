import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createIssuerKeys, downloadKeys } from './issuer-keys.ts';

/** The part of the Kubernetes client that reads the public keys of the cluster's own issuer. */
export type ClusterKeySource = { keys: () => Promise<JSONWebKeySet> };

/**
 * Finds the keys of the cluster's own issuer. By default they come from the API server, which shows them only to an
 * authenticated client and uses a certificate of the cluster's authority. EVENT_KEYS_URL names another address.
 */
export const clusterKeys = (
  kube: ClusterKeySource,
  { eventKeysUrl }: { eventKeysUrl: string | undefined },
): JWTVerifyGetKey =>
  createIssuerKeys({
    load: () => (eventKeysUrl === undefined ? kube.keys() : downloadKeys({ jwksUri: eventKeysUrl })),
  });
