import { type Fields, textAt } from '../json-values.ts';
import type { KubeConnection } from './connection.ts';
import { currentContextOf, inlineData } from './kubeconfig-file.ts';
import { readKubeconfigs } from './read-kubeconfigs.ts';

/**
 * Keys of a kubeconfig's user that are read without client-node. A user with another key, such as `exec`, needs
 * client-node.
 */
const plainKeys = new Set(['token', 'client-certificate-data', 'client-key-data']);

const tlsOf = (cluster: Fields, user: Fields): KubeConnection['tls'] => {
  const options = {
    ca: inlineData(cluster, 'certificate-authority'),
    cert: inlineData(user, 'client-certificate'),
    key: inlineData(user, 'client-key'),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] ? false : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
};

/**
 * Reads the address of the API server and the credentials from the kubeconfigs that KUBECONFIG names, where the user
 * has a token or a certificate inside the file. client-node is not used, because loading its KubeConfig costs more at start than everything else
 * together (docs/adr/0003-kubernetes-client.md).
 * @returns undefined when the kubeconfig needs client-node: exec plugins, auth providers, certificates in other files
 * @throws TypeError when the cluster's `server` is no URL; the error of the file system or of the YAML parser
 */
export const plainConnection = async (paths: string): Promise<KubeConnection | undefined> => {
  const { cluster, user = {}, namespace } = currentContextOf(await readKubeconfigs(paths));
  if (!cluster || cluster['certificate-authority'] || !Object.keys(user).every((key) => plainKeys.has(key)))
    return undefined;
  const token = textAt(user, 'token');
  return {
    server: new URL(textAt(cluster, 'server') ?? ''),
    namespace: namespace ?? 'default',
    tls: tlsOf(cluster, user),
    authorization: async () => (token === undefined ? undefined : `Bearer ${token}`),
  };
};
