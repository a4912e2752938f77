import { join } from 'node:path';
import { paths } from './folder.ts';
import { apiAudience, issuerSetting } from './issuer.ts';

export const namespace = 'image-build';
export const builderImage = 'local/builder:1';
const runImage = 'local/run:host';
export const archiverImage = 'local/functions:1';
const root = join(import.meta.dirname, '..');

/** Addresses of the embedded platform: `url` for clients, `internalUrl` for functions and Tekton. */
export type Addresses = { url: string; internalUrl: string };

/** Path of the embedded platform's broker below `internalUrl`. */
export const brokerPath = '/broker';

/** The registry's account by which the functions delete images. Its password is in a file. */
export const registryUser = 'functions';

/** Settings that let builds use git servers on this machine. */
export const sourceRules = { SOURCE_ALLOW_HTTP: 'true', SOURCE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1/128' };

/** Returns the settings of the functions on the embedded platform, under the same names as on a cluster. */
export const environmentOf = (folder: string, { url, internalUrl }: Addresses): Record<string, string> => {
  const places = paths(folder);
  const { internalKubeconfig: KUBECONFIG, gatewaySecret, brokerToken, registryPassword, logs } = places;
  const issuer = `${url}/issuer`;
  return {
    KUBECONFIG,
    AUTH_ISSUERS: JSON.stringify([issuerSetting(issuer, apiAudience)]),
    EVENT_ISSUER: issuer,
    EVENT_KEYS_URL: `${issuer}/jwks`,
    EVENT_SUBJECTS: 'broker',
    METRICS_SUBJECTS: 'monitoring',
    BROKER_URL: `${internalUrl}${brokerPath}`,
    BROKER_TOKEN_FILE: brokerToken,
    GATEWAY_SECRET_FILE: gatewaySecret,
    BUILDER: builderImage,
    RUNNER: runImage,
    BUILD_TIMEOUT: '30m0s',
    ...sourceRules,
    REGISTRY_KIND: 'oci',
    REGISTRY_URL: url,
    REGISTRY_USER: registryUser,
    REGISTRY_PASSWORD_FILE: registryPassword,
    LOG_FOLDER: logs,
    WEB_FOLDER: join(root, 'dist/functions/web/page'),
    WEB_URL: url,
    SESSION_KEYS_FILE: places.sessionKeys,
    REFRESH_KEYS_FILE: places.refreshKeys,
    ARCHIVER_IMAGE: archiverImage,
    ARCHIVER_COMMAND: `${process.execPath},${join(root, 'events/archive-logs/archiver.ts')}`,
  };
};
