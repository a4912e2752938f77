import type { Settings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { createKube, type Kube } from './client.ts';
import { inClusterConnection, type KubeConnection, kubeconfigConnection } from './connection.ts';
import { plainConnection } from './kubeconfig.ts';
import { createTransport } from './transport.ts';

export const kubeSettings = ['kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'] as const;

type KubeSettings = Settings<(typeof kubeSettings)[number]>;

const connect = async ({ kubeconfig, kubernetesHost, kubernetesPort }: KubeSettings): Promise<KubeConnection> => {
  if (kubeconfig) {
    const connection = plainConnection(kubeconfig).then((plain) => plain ?? kubeconfigConnection(kubeconfig));
    return connection.catch((error: unknown) => {
      throw new ConfigError('KUBECONFIG', `a usable kubeconfig file (${(error as Error).message})`);
    });
  }
  if (kubernetesHost) return inClusterConnection(kubernetesHost, kubernetesPort);
  throw new ConfigError('KUBECONFIG', 'set, as this process does not run in a cluster');
};

/**
 * Makes the client of the Kubernetes API server that the file KUBECONFIG names. Without KUBECONFIG, the client is for
 * the cluster in which this process runs.
 * @throws ConfigError where the kubeconfig is not usable, or is missing outside a cluster
 */
export const kubeFromSettings = async (settings: KubeSettings): Promise<Kube> => {
  const connection = await connect(settings);
  const transport = createTransport({ connection, timeoutMs: 10_000, attempts: 5 });
  return createKube(transport, settings.namespace ?? connection.namespace);
};
