import type { Kind } from './kinds.ts';
import type { KubeObject } from './types.ts';

/** One write to the store. */
export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  /** The object after the write. A deleted object is the last one, with the resourceVersion of its deletion. */
  object: KubeObject;
  before: KubeObject | undefined;
  json: string;
  version: number;
};

export type Listener = (change: Change) => void;

export type Changes = {
  publish(change: Change): void;
  /** Returns the changes after a version, or undefined when the version is too old. */
  since(version: number): Change[] | undefined;
  subscribe(listener: Listener): () => void;
};

const maxKeptChanges = 20_000;
const maxKeptBytes = 32 * 1024 * 1024;

/**
 * Keeps the recent changes, for watches that resume, and delivers new changes. Listeners are called in the order of the
 * writes, after the write has returned. A change that a listener makes itself is delivered later.
 * @param start version before the first change that will be published
 */
export const createChanges = (start: number): Changes => {
  const past: Change[] = [];
  let forgotten = start;
  let bytes = 0;
  const listeners = new Set<Listener>();
  let waiting: Change[] = [];

  const forget = (): void => {
    const drop = past.length > maxKeptChanges || bytes > maxKeptBytes ? Math.ceil(past.length / 4) : 0;
    for (const old of past.splice(0, drop)) {
      bytes -= old.json.length;
      forgotten = old.version;
    }
  };

  const deliver = (): void => {
    const batch = waiting;
    waiting = [];
    for (const change of batch) for (const listener of listeners) listener(change);
  };

  return {
    publish(change) {
      past.push(change);
      bytes += change.json.length;
      forget();
      if (waiting.length === 0) queueMicrotask(deliver);
      waiting.push(change);
    },
    since(version) {
      if (version < forgotten) return undefined;
      return past.slice(firstAfter(past, version));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

const firstAfter = (past: readonly Change[], version: number): number => {
  let low = 0;
  let high = past.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((past[middle]?.version ?? 0) > version) high = middle;
    else low = middle + 1;
  }
  return low;
};
