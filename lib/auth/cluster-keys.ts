import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createIssuerKeys, downloadKeys } from './issuer-keys.ts';

/** The part of the Kubernetes client that reads the public keys of the cluster's own token issuer. */
export type ClusterKeySource = { keys: () => Promise<JSONWebKeySet> };

/**
 * Finds the public keys of the cluster's own token issuer. By default the keys come from the API server, which shows
 * them only to an authenticated client and has a certificate of the cluster's own authority. The setting EVENT_KEYS_URL
 * names another address of the keys.
 */
export const clusterKeys = (
  kube: ClusterKeySource,
  { eventKeysUrl }: { eventKeysUrl: string | undefined },
): JWTVerifyGetKey =>
  createIssuerKeys({
    load: () => (eventKeysUrl === undefined ? kube.keys() : downloadKeys({ jwksUri: eventKeysUrl })),
  });
