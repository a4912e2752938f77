import { readFile } from 'node:fs/promises';
import { type Fields, isObject } from '../lib/json-values.ts';
import { parseYaml } from '../lib/kube/kubeconfig-file.ts';
import { exitCodes, Failure } from './failure.ts';

/**
 * Reads a YAML file that holds a mapping. An empty file is read as an empty mapping.
 * @returns undefined when the file does not exist
 * @throws Failure when the file can't be read or holds no mapping
 */
export const readYaml = async (path: string): Promise<Fields | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new Failure(exitCodes.usage, `The file ${path} can't be read (${error.code}).`, { cause: error });
  });
  if (text === undefined) return undefined;
  const value = await parseYaml(text).catch((cause: unknown) => {
    throw new Failure(exitCodes.usage, `The file ${path} is not valid YAML.`, { cause });
  });
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw new Failure(exitCodes.usage, `The file ${path} is not a YAML mapping.`);
  return value;
};
