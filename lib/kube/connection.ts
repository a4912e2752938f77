import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { readKubeconfigs } from './read-kubeconfigs.ts';

/** Address of the Kubernetes API server, and the credentials of this process. */
export type KubeConnection = {
  server: URL;
  namespace: string;
  /** Certificate authority of the API server and client certificate of this process, as options of node:https. */
  tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
  /** Returns the value of the Authorization header. Called for each request, because projected tokens rotate. */
  authorization: () => Promise<string | undefined>;
};

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Reads the address of the API server and the credentials that Kubernetes gives every pod. client-node is not used,
 * because loading its KubeConfig costs more at start than everything else together
 * (docs/adr/0003-kubernetes-client.md).
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export const inClusterConnection = async (host: string, port: string): Promise<KubeConnection> => ({
  server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
  namespace: (await readFile(`${accountFolder}/namespace`, 'utf8')).trim(),
  tls: { ca: await readFile(`${accountFolder}/ca.crt`) },
  authorization: async () => `Bearer ${(await readFile(`${accountFolder}/token`, 'utf8')).trim()}`,
});

/**
 * Reads the address of the API server and the credentials from the current context of the kubeconfigs that KUBECONFIG
 * names, with every way to authenticate that client-node supports.
 */
export const kubeconfigConnection = async (paths: string): Promise<KubeConnection> => {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(await readKubeconfigs(paths)));
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`${paths} has no current context with a cluster`);
  const options = async (): Promise<RequestOptions> => {
    const applied: RequestOptions = {};
    await config.applyToHTTPSOptions(applied);
    return applied;
  };
  const { ca, cert, key, rejectUnauthorized } = await options();
  const given = Object.entries({ ca, cert, key, rejectUnauthorized }).filter(([, value]) => value !== undefined);
  return {
    server: new URL(cluster.server),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    tls: Object.fromEntries(given),
    authorization: async () => (await options()).headers?.['Authorization' as never] as string | undefined,
  };
};
