import { readFile } from 'node:fs/promises';
import type { Connection } from './connection.ts';

type Named<K extends string, T> = { name: string } & Record<K, T>;
type Cluster = {
  server: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
};
type User = Record<string, unknown>;
type Kubeconfig = {
  'current-context'?: string;
  clusters?: Named<'cluster', Cluster>[];
  contexts?: Named<'context', { cluster: string; user: string; namespace?: string }>[];
  users?: Named<'user', User>[];
};

const plainKeys = new Set(['token', 'client-certificate-data', 'client-key-data']);

const find = <T extends { name: string }>(items: T[] | undefined, name: string | undefined): T | undefined =>
  items?.find((item) => item.name === name);

const decoded = (user: User, key: string): Buffer | undefined => {
  const value = user[key];
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
};

const tlsOf = (cluster: Cluster, user: User): Connection['tls'] => {
  const ca = cluster['certificate-authority-data'];
  const options = {
    ca: ca ? Buffer.from(ca, 'base64') : undefined,
    cert: decoded(user, 'client-certificate-data'),
    key: decoded(user, 'client-key-data'),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] ? false : undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
};

const parse = async (text: string): Promise<Kubeconfig> => {
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as Kubeconfig;
  const { load } = await import('js-yaml');
  return load(text) as Kubeconfig;
};

/**
 * The connection of a kubeconfig whose user has a token or a certificate inside it, read without client-node, whose
 * KubeConfig costs more at start than everything else together (docs/adr/0003-kubernetes-client.md).
 * @returns undefined where there is more to it (exec plugins, auth providers, files): that is client-node's part
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export const plainConnection = async (file: string): Promise<Connection | undefined> => {
  const config = await parse(await readFile(file, 'utf8'));
  const context = find(config?.contexts, config?.['current-context'])?.context;
  const cluster = find(config?.clusters, context?.cluster)?.cluster;
  const user = find(config?.users, context?.user)?.user ?? {};
  if (!cluster || cluster['certificate-authority'] || !Object.keys(user).every((key) => plainKeys.has(key)))
    return undefined;
  const token = user.token;
  return {
    server: new URL(cluster.server),
    namespace: context?.namespace ?? 'default',
    tls: tlsOf(cluster, user),
    authorization: async () => (typeof token === 'string' ? `Bearer ${token}` : undefined),
  };
};
