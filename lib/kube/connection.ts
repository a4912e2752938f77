import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Log } from '../log.ts';
import { Rotating } from '../rotating.ts';
import { readKubeconfigs } from './read-kubeconfigs.ts';

/** Address of the Kubernetes API server, and the credentials of this process. */
export type KubeConnection = {
  server: URL;
  namespace: string;
  /**
   * Certificate authority of the API server and client certificate of this process, as options of node:https. Read for
   * each request, because authorities are replaced.
   */
  tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
  /** Returns the value of the Authorization header. Called for each request, because projected tokens rotate. */
  authorization: () => Promise<string | undefined>;
  /** Reads changed files at once. Called when the API server can't be verified, or refuses the credential. */
  refresh?: () => void;
};

export type InClusterOptions = {
  host: string;
  port: string;
  /** Receives a line when a file of the ServiceAccount can't be used any more. */
  log: Log;
  /** Folder with the files of the ServiceAccount. Default: where Kubernetes mounts them. */
  folder?: string;
};

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads a word from a file. @throws Error for an empty file */
const readWord = (path: string): string => {
  const word = readFileSync(path, 'utf8').trim();
  if (word === '') throw new Error(`${path} is empty`);
  return word;
};

/** Reads certificates in PEM. @throws Error for a file that ends within a certificate, or has none */
const readCertificates = (path: string): string => {
  const text = readFileSync(path, 'utf8');
  if (!/-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*$/.test(text))
    throw new Error(`${path} has no whole certificate`);
  return text;
};

/**
 * Reads the address of the API server and the credentials that Kubernetes gives every pod. client-node is not used,
 * because loading its KubeConfig costs more at start than everything else together
 * (docs/adr/0003-kubernetes-client.md).
 * @throws Error for a file of the ServiceAccount that is missing, empty or incomplete
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export const inClusterConnection = ({ host, port, log, folder = accountFolder }: InClusterOptions): KubeConnection => {
  const token = new Rotating({ path: `${folder}/token`, read: readWord, log });
  const authorities = new Rotating({ path: `${folder}/ca.crt`, read: readCertificates, log });
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: readWord(`${folder}/namespace`),
    get tls() {
      return { ca: authorities.value };
    },
    authorization: async () => `Bearer ${token.value}`,
    refresh: () => {
      token.refresh();
      authorities.refresh();
    },
  };
};

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
