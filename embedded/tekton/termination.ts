import { readFileSync } from 'node:fs';

/** An entry of a container's termination message, as Tekton's entrypoint writes it. */
export type MessageEntry = { key: string; value: string; type: number };

export const taskResultType = 1;
export const internalType = 3;
export const stepResultType = 4;

/** Longest termination message of a container in bytes, as in Kubernetes. */
const maxMessageBytes = 4096;

export const tooLongMessage = 'Termination message is above max allowed size 4096, caused by large task result.';

/**
 * Reads the files into which a step wrote results. Missing files are left out.
 * @param files names of results and the paths of their files
 */
export const readResults = (type: number, files: Iterable<[string, string]>): MessageEntry[] =>
  [...files].flatMap(([key, path]) => {
    const value = readStart(path);
    return value === undefined ? [] : [{ key, value, type }];
  });

const readStart = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

export const internal = (key: string, value: string): MessageEntry => ({ key, value, type: internalType });

/** Returns a container's termination message as text; undefined when the text is longer than 4,096 bytes. */
export const encodeMessage = (entries: readonly MessageEntry[]): string | undefined => {
  const text = JSON.stringify(entries);
  return Buffer.byteLength(text) > maxMessageBytes ? undefined : text;
};

/** Parses a container's termination message. Returns no entries for a message that Tekton did not write. */
export const decodeMessage = (message: string | undefined): MessageEntry[] => {
  if (!message?.startsWith('[')) return [];
  try {
    return JSON.parse(message) as MessageEntry[];
  } catch {
    return [];
  }
};

/** Returns the values of one type in a termination message, by key. The last value of a key wins. */
export const valuesOf = (entries: readonly MessageEntry[], type: number): Map<string, string> =>
  new Map(entries.filter((entry) => entry.type === type).map(({ key, value }) => [key, value]));
