import { readFile } from 'node:fs/promises';
import { EXIT, Failure } from './failure.ts';

export type Section = Record<string, unknown>;

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text at the path, or undefined when any part of it is absent or not a non-empty string. */
export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>((current, key) => (isSection(current) ? current[key] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/**
 * A YAML file's mapping; undefined when there is no such file.
 * @throws Failure when it can't be read or is no mapping
 */
export async function readYaml(path: string): Promise<Section | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new Failure(EXIT.usage, `The file ${path} can't be read (${error.code}).`, { cause: error });
  });
  if (text === undefined) return undefined;
  const { load } = await import('js-yaml');
  const value = parse(path, () => load(text));
  if (value === null || value === undefined) return {};
  if (!isSection(value)) throw new Failure(EXIT.usage, `The file ${path} is not a YAML mapping.`);
  return value;
}

function parse(path: string, load: () => unknown): unknown {
  try {
    return load();
  } catch (cause) {
    // The parser's message quotes the file, which may hold a key: it is not shown.
    throw new Failure(EXIT.usage, `The file ${path} is not valid YAML.`, { cause });
  }
}
