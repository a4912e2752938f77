import type { JWTVerifyGetKey } from 'jose';
import type { Settings } from '../config/settings.ts';
import type { Kube } from '../kube/client.ts';
import { createIssuerKeys, downloadKeys } from './issuer-keys.ts';

/**
 * Finds the keys of the cluster's own issuer. By default they come from the API server, which shows them only to an
 * authenticated client and uses a certificate of the cluster's authority. EVENT_KEYS_URL names another address.
 */
export const clusterKeys = (kube: Kube, { eventKeysUrl }: Settings<'eventKeysUrl'>): JWTVerifyGetKey =>
  createIssuerKeys({
    load: () => (eventKeysUrl === undefined ? kube.keys() : downloadKeys({ jwksUri: eventKeysUrl })),
  });
