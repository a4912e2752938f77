import type { Settings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { type Log, noLog } from '../log.ts';
import { createKube, type Kube } from './client.ts';
import { inClusterConnection, type KubeConnection, kubeconfigConnection } from './connection.ts';
import { plainConnection } from './kubeconfig.ts';
import { createTransport } from './transport.ts';

export const kubeSettings = ['kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'] as const;

type KubeSettings = Settings<(typeof kubeSettings)[number]>;

/** @throws ConfigError where the pod has no token of a ServiceAccount */
const connectInCluster = (host: string, port: string, log: Log): KubeConnection => {
  try {
    return inClusterConnection({ host, port, log });
  } catch (error) {
    const reason = (error as Error).message;
    throw new ConfigError('KUBECONFIG', `set, or the pod must mount the token of its ServiceAccount (${reason})`);
  }
};

const connect = async (
  { kubeconfig, kubernetesHost, kubernetesPort }: KubeSettings,
  log: Log,
): Promise<KubeConnection> => {
  if (kubeconfig) {
    const connection = plainConnection(kubeconfig).then((plain) => plain ?? kubeconfigConnection(kubeconfig));
    return connection.catch((error: unknown) => {
      throw new ConfigError('KUBECONFIG', `a usable kubeconfig file (${(error as Error).message})`);
    });
  }
  if (kubernetesHost) return connectInCluster(kubernetesHost, kubernetesPort, log);
  throw new ConfigError('KUBECONFIG', 'set, as this process does not run in a cluster');
};

/**
 * Makes the client of the Kubernetes API server that the file KUBECONFIG names. Without KUBECONFIG, the client is for
 * the cluster in which this process runs.
 * @param log receives a line when a file of the ServiceAccount can't be used any more. Default: no log
 * @throws ConfigError where the kubeconfig is not usable, or is missing outside a cluster
 */
export const kubeFromSettings = async (settings: KubeSettings, log: Log = noLog): Promise<Kube> => {
  const connection = await connect(settings, log);
  const transport = createTransport({ connection, timeoutMs: 10_000, attempts: 5 });
  return createKube(transport, settings.namespace ?? connection.namespace);
};
