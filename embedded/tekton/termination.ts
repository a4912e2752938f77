import { readFileSync } from 'node:fs';

/** A container's termination message, as Tekton's entrypoint writes it: a list of what a step has to say. */
export type MessageEntry = { key: string; value: string; type: number };

export const TASK_RESULT = 1;
export const INTERNAL = 3;
export const STEP_RESULT = 4;

/** Kubernetes' limit of a container's termination message. */
const MAX_BYTES = 4096;

export const TOO_LONG = 'Termination message is above max allowed size 4096, caused by large task result.';

/** Reads the results that exist. @param files names and where each would be */
export function readResults(type: number, files: Iterable<[string, string]>): MessageEntry[] {
  return [...files].flatMap(([key, path]) => {
    const value = readStart(path);
    return value === undefined ? [] : [{ key, value, type }];
  });
}

function readStart(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export function internal(key: string, value: string): MessageEntry {
  return { key, value, type: INTERNAL };
}

/** The message's text, or undefined when it is too long. */
export function encodeMessage(entries: readonly MessageEntry[]): string | undefined {
  const text = JSON.stringify(entries);
  return Buffer.byteLength(text) > MAX_BYTES ? undefined : text;
}

/** What a message says; nothing where it is none of Tekton's. */
export function decodeMessage(message: string | undefined): MessageEntry[] {
  if (!message?.startsWith('[')) return [];
  try {
    return JSON.parse(message) as MessageEntry[];
  } catch {
    return [];
  }
}

/** The values of one type, by key; the last one counts. */
export function valuesOf(entries: readonly MessageEntry[], type: number): Map<string, string> {
  return new Map(entries.filter((entry) => entry.type === type).map(({ key, value }) => [key, value]));
}
