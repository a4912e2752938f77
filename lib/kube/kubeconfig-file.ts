import { delimiter, dirname, resolve } from 'node:path';
import { type Fields, isObject, textAt } from '../json-values.ts';

/**
 * The cluster, the user and the namespace that the current context of a kubeconfig names. Each is undefined where the
 * kubeconfig lacks it.
 */
export type CurrentContext = {
  namespace: string | undefined;
  cluster: Fields | undefined;
  user: Fields | undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const lineOf = (error: unknown): string => {
  const line = (error as { mark?: { line?: number } }).mark?.line;
  return line === undefined ? '' : ` in line ${line + 1}`;
};

/**
 * Parses YAML or JSON. The YAML parser is loaded only for text that is not JSON, because loading adds a few
 * milliseconds to a function's cold start.
 * @throws SyntaxError without the parser's own message, because that message quotes the text, which may hold a key
 */
export const parseYaml = async (text: string): Promise<unknown> => {
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (json !== undefined) return json;
  const { load } = await import('js-yaml');
  try {
    return load(text);
  } catch (error) {
    throw new SyntaxError(`not valid YAML${lineOf(error)}`);
  }
};

const sectionNamed = (list: unknown, name: string | undefined, key: string): Fields | undefined => {
  if (!Array.isArray(list)) return undefined;
  const item = list.find((candidate) => isObject(candidate) && candidate.name === name);
  return isObject(item) && isObject(item[key]) ? item[key] : undefined;
};

/**
 * Returns the cluster, the user and the namespace that the current context of a parsed kubeconfig names.
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export const currentContextOf = (kubeconfig: unknown): CurrentContext => {
  const { contexts, clusters, users } = isObject(kubeconfig) ? kubeconfig : {};
  const context = sectionNamed(contexts, textAt(kubeconfig, 'current-context'), 'context');
  return {
    namespace: textAt(context, 'namespace'),
    cluster: sectionNamed(clusters, textAt(context, 'cluster'), 'cluster'),
    user: sectionNamed(users, textAt(context, 'user'), 'user'),
  };
};

/** Decodes the value of `<key>-data` in a cluster or a user of a kubeconfig, which is base64. */
export const inlineData = (section: Fields | undefined, key: string): Buffer | undefined => {
  const text = textAt(section, `${key}-data`);
  return text === undefined ? undefined : Buffer.from(text, 'base64');
};

/** Returns the paths that KUBECONFIG names, each once. */
export const kubeconfigPaths = (value: string): string[] => [
  ...new Set(value.split(delimiter).filter((path) => path !== '')),
];

/** A parsed kubeconfig, and its path. */
export type KubeconfigFile = { path: string; content: Fields };

/** The path of the file that holds a cluster or user of merged kubeconfigs. */
export type Origins = Map<Fields, string>;

/** Keys whose values are paths of files, by the kind of entry in a kubeconfig. */
const pathKeys = {
  cluster: ['certificate-authority'],
  user: ['client-certificate', 'client-key', 'tokenFile'],
} as const;

const listOf = (list: unknown): unknown[] => (Array.isArray(list) ? list : []);

/** Returns the entries of a list with absolute paths, and notes in which file their clusters or users are. */
const entriesOf = (list: unknown, kind: keyof typeof pathKeys, path: string, origins: Origins): unknown[] => {
  const folder = dirname(resolve(path));
  return listOf(list).map((entry) => {
    const section = isObject(entry) ? entry[kind] : undefined;
    if (!isObject(entry) || !isObject(section)) return entry;
    const paths = pathKeys[kind].flatMap((key) => {
      const file = textAt(section, key);
      return file === undefined ? [] : [[key, resolve(folder, file)] as const];
    });
    const resolved = { ...section, ...Object.fromEntries(paths) };
    origins.set(resolved, path);
    return { ...entry, [kind]: resolved };
  });
};

/**
 * Merges kubeconfigs as kubectl does: the first current-context counts, and the first entry of a name. Relative paths
 * in a kubeconfig start at its own folder, so they become absolute.
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export const mergeKubeconfigs = (files: readonly KubeconfigFile[], origins: Origins = new Map()): Fields => ({
  'current-context': files.map(({ content }) => textAt(content, 'current-context')).find((name) => name !== undefined),
  contexts: files.flatMap(({ content }) => listOf(content.contexts)),
  clusters: files.flatMap(({ content, path }) => entriesOf(content.clusters, 'cluster', path, origins)),
  users: files.flatMap(({ content, path }) => entriesOf(content.users, 'user', path, origins)),
});
