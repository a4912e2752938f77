import { join } from 'node:path';
import { type Fields, textAt } from '../lib/json-values.ts';
import { currentContextOf, kubeconfigPaths, mergeKubeconfigs, type Origins } from '../lib/kube/kubeconfig-file.ts';
import type { Environment } from './environment.ts';
import { type OwnedFile, readOwnedFile } from './owned-file.ts';
import { parseMapping } from './yaml-file.ts';

/** The current context of a kubeconfig. Files that the kubeconfig names are not read yet, and their paths are absolute. */
export type Kubeconfig = {
  /** Path of the file for messages: of several, the one that may be another user's, or that holds the user's entry. */
  path: string;
  /** Path of the file that holds the cluster's entry. */
  clusterPath: string;
  namespace: string | undefined;
  /** Address of the cluster's API server; undefined when the kubeconfig has none, or none that is a URL. */
  server: URL | undefined;
  cluster: Fields | undefined;
  user: Fields | undefined;
  /** Why the kubeconfig may be another user's, as the end of a sentence about its path; undefined if it is not. */
  foreign: string | undefined;
  /** Whether every user of the machine can read the file that holds the user's entry. */
  isPublic: boolean;
};

const serverOf = (cluster: Fields | undefined): URL | undefined => {
  const text = textAt(cluster, 'server');
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
};

const merge = async (files: OwnedFile[], first: OwnedFile): Promise<Kubeconfig> => {
  const origins: Origins = new Map();
  const parsed = files.map(async (file) => ({ path: file.path, content: await parseMapping(file) }));
  const { namespace, cluster, user } = currentContextOf(mergeKubeconfigs(await Promise.all(parsed), origins));
  const fileWith = (section: Fields | undefined) => files.find(({ path }) => section && path === origins.get(section));
  const ofUser = fileWith(user);
  // Any of the files could name the context, so nothing counts when one of them may be another user's.
  const foreign = files.find((file) => file.foreign !== undefined);
  return {
    path: (foreign ?? ofUser ?? first).path,
    clusterPath: (fileWith(cluster) ?? first).path,
    namespace,
    server: serverOf(cluster),
    cluster,
    user,
    foreign: foreign?.foreign,
    isPublic: ofUser?.isPublic ?? false,
  };
};

/**
 * Reads the kubeconfigs that KUBECONFIG names and merges them as kubectl does. Default: ~/.kube/config. Plugins (`exec`,
 * `auth-provider`) never run.
 * @returns undefined when no kubeconfig exists
 * @throws Failure when a kubeconfig can't be read
 */
export const readKubeconfig = async (env: Environment, home: string): Promise<Kubeconfig | undefined> => {
  const paths = env.KUBECONFIG ? kubeconfigPaths(env.KUBECONFIG) : [join(home, '.kube', 'config')];
  const files = (await Promise.all(paths.map(readOwnedFile))).filter((file) => file !== undefined);
  return files[0] && merge(files, files[0]);
};
