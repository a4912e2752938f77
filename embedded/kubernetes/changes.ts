import type { Kind } from './kinds.ts';
import type { KubeObject } from './types.ts';

/** One write to the object store: an object was added, modified or deleted. */
export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  /** The object after the change. For a deletion: the object's last state, with the resourceVersion of the deletion. */
  object: KubeObject;
  before: KubeObject | undefined;
  json: string;
  version: number;
};

export type Listener = (change: Change) => void;

const maxKeptChanges = 20_000;
const maxKeptBytes = 32 * 1024 * 1024;

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

/**
 * Keeps the recent changes of the object store for watches that resume, and delivers new changes to listeners. A
 * listener is called for the changes in the order of the writes, after the write has returned. If a listener itself
 * writes, that change is delivered later.
 */
export class Changes {
  readonly #past: Change[] = [];
  readonly #listeners = new Set<Listener>();
  #waiting: Change[] = [];
  #keptBytes = 0;
  #forgottenVersion: number;

  /** @param start version of the object store when it was opened. Earlier changes are not known */
  constructor(start: number) {
    this.#forgottenVersion = start;
  }

  publish(change: Change): void {
    this.#past.push(change);
    this.#keptBytes += change.json.length;
    this.#forget();
    if (this.#waiting.length === 0) queueMicrotask(() => this.#deliver());
    this.#waiting.push(change);
  }

  /** Returns the changes of the object store after a version, or undefined when those changes are no longer kept. */
  since(version: number): Change[] | undefined {
    if (version < this.#forgottenVersion) return undefined;
    return this.#past.slice(firstAfter(this.#past, version));
  }

  /** Calls the listener for every new change of the object store. @returns a function that ends the calls */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #forget(): void {
    const isFull = this.#past.length > maxKeptChanges || this.#keptBytes > maxKeptBytes;
    for (const old of this.#past.splice(0, isFull ? Math.ceil(this.#past.length / 4) : 0)) {
      this.#keptBytes -= old.json.length;
      this.#forgottenVersion = old.version;
    }
  }

  #deliver(): void {
    const changes = this.#waiting;
    this.#waiting = [];
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }
}
