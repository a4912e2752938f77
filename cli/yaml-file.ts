import { type Fields, isObject } from '../lib/json-values.ts';
import { parseYaml } from '../lib/kube/kubeconfig-file.ts';
import { exitCodes, Failure } from './failure.ts';
import { type OwnedFile, readOwnedFile } from './owned-file.ts';

/**
 * Returns the mapping that a YAML file holds. A file without content, or with comments only, holds an empty mapping.
 * @throws Failure when the file holds no mapping
 */
export const parseMapping = async ({ path, text }: Pick<OwnedFile, 'path' | 'text'>): Promise<Fields> => {
  // The YAML parser refuses a text without a document.
  if (text.split('\n').every((line) => /^\s*(?:#.*)?$/.test(line))) return {};
  const value = await parseYaml(text).catch((cause: unknown) => {
    throw new Failure(exitCodes.usage, `The file ${path} is not valid YAML.`, { cause });
  });
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw new Failure(exitCodes.usage, `The file ${path} is not a YAML mapping.`);
  return value;
};

/**
 * Reads a YAML file that holds a mapping.
 * @returns undefined when the file does not exist
 * @throws Failure when the file can't be read or holds no mapping
 */
export const readYaml = async (path: string): Promise<Fields | undefined> => {
  const file = await readOwnedFile(path);
  return file && parseMapping(file);
};
