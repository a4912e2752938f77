import { readFile } from 'node:fs/promises';
import { type Fields, isObject } from '../json-values.ts';
import { type KubeconfigFile, kubeconfigPaths, mergeKubeconfigs, parseYaml } from './kubeconfig-file.ts';

const read = async (path: string): Promise<KubeconfigFile> => {
  const content = await parseYaml(await readFile(path, 'utf8'));
  return { path, content: isObject(content) ? content : {} };
};

/**
 * Reads the kubeconfigs that KUBECONFIG names, and merges them as kubectl does. A file that does not exist is skipped.
 * @throws the error of the file system or of the YAML parser; ENOENT where none of the files exists
 */
export const readKubeconfigs = async (paths: string): Promise<Fields> => {
  const results = await Promise.allSettled(kubeconfigPaths(paths).map(read));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const files = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const grave = failures.find((error: NodeJS.ErrnoException) => error.code !== 'ENOENT');
  if (grave ?? files.length === 0) throw grave ?? failures[0] ?? new Error(`"${paths}" names no file`);
  return mergeKubeconfigs(files);
};
