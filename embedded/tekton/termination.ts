import { readFileSync } from 'node:fs';

/** A container's termination message, as Tekton's entrypoint writes it: a list of what a step has to say. */
export type MessageEntry = { key: string; value: string; type: number };

export const taskResultType = 1;
export const internalType = 3;
export const stepResultType = 4;

/** Kubernetes' limit of a container's termination message. */
const maxMessageBytes = 4096;

export const tooLongMessage = 'Termination message is above max allowed size 4096, caused by large task result.';

/** Reads the results that exist. @param files names and where each would be */
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

/** The message's text, or undefined when it is too long. */
export const encodeMessage = (entries: readonly MessageEntry[]): string | undefined => {
  const text = JSON.stringify(entries);
  return Buffer.byteLength(text) > maxMessageBytes ? undefined : text;
};

/** What a message says; nothing where it is none of Tekton's. */
export const decodeMessage = (message: string | undefined): MessageEntry[] => {
  if (!message?.startsWith('[')) return [];
  try {
    return JSON.parse(message) as MessageEntry[];
  } catch {
    return [];
  }
};

/** The values of one type, by key; the last one counts. */
export const valuesOf = (entries: readonly MessageEntry[], type: number): Map<string, string> =>
  new Map(entries.filter((entry) => entry.type === type).map(({ key, value }) => [key, value]));
