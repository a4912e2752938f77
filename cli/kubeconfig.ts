import { delimiter, dirname, join, resolve } from 'node:path';
import { type Fields, isObject, textAt } from '../lib/json-values.ts';
import { currentContextOf } from '../lib/kube/kubeconfig-file.ts';
import type { Environment } from './environment.ts';
import { type OwnedFile, readOwnedFile } from './owned-file.ts';
import { parseMapping } from './yaml-file.ts';

/** The current context of a kubeconfig. Files that the kubeconfig names are not read yet, and their paths are absolute. */
export type Kubeconfig = {
  /** Path of the kubeconfig, or of the first of several. */
  path: string;
  namespace: string | undefined;
  /** Address of the cluster's API server; undefined when the kubeconfig has none, or none that is a URL. */
  server: URL | undefined;
  cluster: Fields | undefined;
  user: Fields | undefined;
  /** Why the kubeconfig may be another user's, as the end of a sentence about its path; undefined if it is not. */
  foreign: string | undefined;
  /** Whether every user of the machine can read the kubeconfig. */
  isPublic: boolean;
};

/** Keys whose values are paths of files, by the kind of entry in a kubeconfig. */
const pathKeys = {
  cluster: ['certificate-authority'],
  user: ['client-certificate', 'client-key', 'tokenFile'],
} as const;

const entriesOf = (list: unknown, kind: keyof typeof pathKeys, folder: string): unknown[] =>
  (Array.isArray(list) ? list : []).map((entry: unknown) => {
    const section = isObject(entry) ? entry[kind] : undefined;
    if (!isObject(entry) || !isObject(section)) return entry;
    const paths = pathKeys[kind].flatMap((key) => {
      const path = textAt(section, key);
      return path === undefined ? [] : [[key, resolve(folder, path)] as const];
    });
    return { ...entry, [kind]: { ...section, ...Object.fromEntries(paths) } };
  });

/** Returns the content of a kubeconfig with absolute paths. A relative path starts at the kubeconfig's folder. */
const contentOf = async (file: OwnedFile) => {
  const content = await parseMapping(file);
  const folder = dirname(resolve(file.path));
  return {
    current: textAt(content, 'current-context'),
    contexts: Array.isArray(content.contexts) ? content.contexts : [],
    clusters: entriesOf(content.clusters, 'cluster', folder),
    users: entriesOf(content.users, 'user', folder),
  };
};

const serverOf = (cluster: Fields | undefined): URL | undefined => {
  const text = textAt(cluster, 'server');
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
};

/**
 * Merges kubeconfigs as kubectl does: the first current-context counts, and the first entry of a name.
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
const merge = async (files: OwnedFile[], path: string): Promise<Kubeconfig> => {
  const contents = await Promise.all(files.map(contentOf));
  const { namespace, cluster, user } = currentContextOf({
    'current-context': contents.find(({ current }) => current !== undefined)?.current,
    contexts: contents.flatMap(({ contexts }) => contexts),
    clusters: contents.flatMap(({ clusters }) => clusters),
    users: contents.flatMap(({ users }) => users),
  });
  const foreign = files.map((file) => file.foreign).find(Boolean);
  return {
    path,
    namespace,
    server: serverOf(cluster),
    cluster,
    user,
    foreign,
    isPublic: files.some((one) => one.isPublic),
  };
};

/**
 * Reads the kubeconfigs that KUBECONFIG names and merges them. Default: ~/.kube/config. Plugins (`exec`,
 * `auth-provider`) never run.
 * @returns undefined when no kubeconfig exists
 * @throws Failure when a kubeconfig can't be read
 */
export const readKubeconfig = async (env: Environment, home: string): Promise<Kubeconfig | undefined> => {
  const named = env.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [];
  const paths = named.length > 0 ? named : [join(home, '.kube', 'config')];
  const files = (await Promise.all(paths.map(readOwnedFile))).filter((file) => file !== undefined);
  return files[0] && merge(files, files[0].path);
};
