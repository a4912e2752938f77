import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type Fields, textAt } from '../lib/json-values.ts';
import { currentContextOf, inlineData } from '../lib/kube/kubeconfig-file.ts';
import type { Environment } from './environment.ts';
import { exitCodes, Failure } from './failure.ts';
import { readYaml } from './yaml-file.ts';

/**
 * The namespace, the user's credential and the cluster's certificate authority, from the current context of a
 * kubeconfig.
 */
export type Kubeconfig = {
  path: string;
  namespace: string | undefined;
  /** The client certificate of a kubeconfig's user and its private key, as PEM. */
  certificate: { cert: string; key: string } | undefined;
  token: string | undefined;
  /** The certificate authority of a kubeconfig's cluster, as PEM. */
  ca: string | undefined;
  skipTlsVerify: boolean;
};

/**
 * Reads the file that a key of a kubeconfig names, such as client-key. A relative path starts at the kubeconfig's
 * folder.
 */
const referencedFile = async (
  section: Fields | undefined,
  key: string,
  folder: string,
): Promise<string | undefined> => {
  const name = textAt(section, key);
  if (!name) return undefined;
  const path = resolve(folder, name);
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(exitCodes.usage, `The kubeconfig names ${path} as ${key}, which can't be read (${cause.code}).`, {
      cause,
    });
  });
};

/**
 * Returns the PEM text that a kubeconfig holds under `<key>-data`, or the text of the file that the kubeconfig names
 * under `<key>`.
 */
const pemOf = async (section: Fields | undefined, key: string, folder: string): Promise<string | undefined> =>
  inlineData(section, key)?.toString('utf8') ?? referencedFile(section, key, folder);

/** Returns the client certificate of a kubeconfig's user, or the user's token when there is no certificate. */
const credentialOf = async (
  user: Fields | undefined,
  folder: string,
): Promise<Pick<Kubeconfig, 'certificate' | 'token'>> => {
  const cert = await pemOf(user, 'client-certificate', folder);
  const key = await pemOf(user, 'client-key', folder);
  if (cert && key) return { certificate: { cert, key }, token: undefined };
  const token = textAt(user, 'token') ?? (await referencedFile(user, 'tokenFile', folder));
  return { certificate: undefined, token: token?.trim() };
};

const interpret = async (path: string, content: Fields): Promise<Kubeconfig> => {
  const folder = dirname(path);
  const { namespace, cluster, user } = currentContextOf(content);
  return {
    path,
    namespace,
    ...(await credentialOf(user, folder)),
    ca: await pemOf(cluster, 'certificate-authority', folder),
    skipTlsVerify: cluster?.['insecure-skip-tls-verify'] === true,
  };
};

/**
 * Reads the first kubeconfig that exists among the files that KUBECONFIG names. Default: ~/.kube/config.
 * @returns undefined when no kubeconfig exists
 * @throws Failure when the kubeconfig, or a file that the kubeconfig names, can't be read
 */
export const readKubeconfig = async (env: Environment, home: string): Promise<Kubeconfig | undefined> => {
  const named = env.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [];
  for (const path of named.length > 0 ? named : [join(home, '.kube', 'config')]) {
    const content = await readYaml(path);
    if (content) return interpret(path, content);
  }
  return undefined;
};
