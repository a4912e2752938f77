import { join } from 'node:path';
import { type Change, Changes, type Listener } from './changes.ts';
import { memoryJournal, openJournal } from './journal.ts';
import { kindOf } from './kinds.ts';
import type { Resource, Resources } from './resources.ts';
import type { Matcher } from './selectors.ts';
import { keyOf, type State, type Stored, stored } from './store-state.ts';
import type { Clock } from './time.ts';
import type { Draft } from './types.ts';
import { create, type DeleteOptions, type ObjectPart, remove, update } from './writes.ts';

/**
 * The objects of the embedded API server. A write is done when its call returns, and outlives the process. So code that
 * reads and writes without an await in between needs no compare-and-swap. Returned objects are frozen: clone an object
 * to change it. All methods throw StatusError with the Status that a client gets.
 */
export type ObjectStore = {
  get<R extends Resource>(resource: R, namespace: string, name: string): Resources[R] | undefined;
  /** Returns the objects of one kind, sorted by namespace and name. @param namespace default: all namespaces */
  list<R extends Resource>(resource: R, namespace?: string, matches?: Matcher): Resources[R][];
  /**
   * Returns the objects of one kind with their JSON texts, sorted by namespace and name.
   * @param namespace default: all namespaces
   */
  entries<R extends Resource>(resource: R, namespace?: string): Stored<Resources[R]>[];
  /** Creates an object in the store. @param object may have its own metadata.uid */
  create<R extends Resource>(resource: R, object: Draft<Resources[R]>): Resources[R];
  /**
   * Replaces a stored object, or its status.
   * @throws StatusError 409 when the object's metadata.resourceVersion is given and is not the current one
   */
  update<R extends Resource>(resource: R, object: Resources[R], part?: ObjectPart): Resources[R];
  /**
   * Deletes a stored object, or marks it for deletion while it has finalizers.
   * @returns the object; a metadata.deletionTimestamp tells that finalizers still keep it
   */
  delete<R extends Resource>(resource: R, namespace: string, name: string, options?: DeleteOptions): Resources[R];
  /** Tells whether the store has an object with this metadata.uid. */
  has(uid: string): boolean;
  /**
   * Calls the listener for every change of an object of any kind, in the order of the writes, after the write has
   * returned.
   * @returns a function that ends the calls
   */
  watch(listener: Listener): () => void;
  /** Returns the path of a container's log file, whose format container-log.ts describes. */
  logFile(podUid: string, container: string): string;
  /** Returns the folder of a pod's log files. */
  logFolder(podUid: string): string;
};

/**
 * An ObjectStore that also returns its version and its recent changes, with which the Kubernetes API serves lists and
 * watches.
 */
export type VersionedStore = ObjectStore & {
  version(): number;
  since(version: number): Change[] | undefined;
  close(): void;
};

export type StoreOptions = {
  /**
   * Folder in which the object store keeps its objects. Without a folder, the objects are kept in memory only, and
   * there are no pod logs.
   */
  folder?: string;
  clock: Clock;
};

/** Opens the store of Kubernetes objects in a folder. */
export const openStore = ({ folder, clock }: StoreOptions): VersionedStore => {
  const items = new Map<string, Stored>();
  const journal = folder === undefined ? memoryJournal() : openJournal(folder, () => jsonOf(items));
  for (const [key, json] of journal.state.objects) items.set(key, stored(json));
  journal.state.objects.clear();
  const state: State = {
    items,
    uids: new Set([...items.values()].map(({ object }) => object.metadata.uid)),
    version: journal.state.version,
    changes: new Changes(journal.state.version),
    append: (version, key, json) => journal.append({ version, key, json }),
    clock,
  };
  return {
    ...reads(state),
    create: (resource, draft) => create(state, kindOf(resource), draft as Draft) as never,
    update: (resource, object, part = 'main') => update(state, kindOf(resource), object, part) as never,
    delete: (resource, namespace, name, options = {}) =>
      remove(state, kindOf(resource), keyOf(resource, namespace, name), name, options) as never,
    logFile: (podUid, container) => join(logFolder(folder, podUid), `${container}.log`),
    logFolder: (podUid) => logFolder(folder, podUid),
    close: () => journal.close(),
  };
};

const logFolder = (folder: string | undefined, podUid: string): string => {
  if (folder === undefined) throw new Error('A store without a folder keeps no logs.');
  return join(folder, 'logs', podUid);
};

type Reads = Pick<VersionedStore, 'get' | 'list' | 'entries' | 'has' | 'watch' | 'version' | 'since'>;

const reads = (state: State): Reads => {
  const entries = (resource: Resource, namespace?: string) => select(state.items, resource, namespace);
  return {
    get: (resource, namespace, name) => state.items.get(keyOf(resource, namespace, name))?.object as never,
    list: (resource, namespace, matches = () => true) =>
      entries(resource, namespace)
        .map(({ object }) => object)
        .filter(matches) as never,
    entries: (resource, namespace) => entries(resource, namespace) as never,
    has: (uid) => state.uids.has(uid),
    watch: (listener) => state.changes.subscribe(listener),
    version: () => state.version,
    since: (version) => state.changes.since(version),
  };
};

function* jsonOf(items: Map<string, Stored>): Generator<[string, string]> {
  for (const [key, { json }] of items) yield [key, json];
}

const select = (items: Map<string, Stored>, resource: Resource, namespace: string | undefined): Stored[] => {
  const prefix = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
  const keys = [...items.keys()].filter((key) => key.startsWith(prefix)).sort();
  return keys.flatMap((key) => items.get(key) ?? []);
};
