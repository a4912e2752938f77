import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { admit } from './admission.ts';
import type { Change, Changes, Listener } from './changes.ts';
import { createChanges } from './changes.ts';
import { alreadyExists, badRequest, conflict, invalid, modified, notFound, tooLarge } from './errors.ts';
import { memoryJournal, openJournal } from './journal.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf, kindOf } from './kinds.ts';
import { complaints, generatedName } from './names.ts';
import { sameJson } from './same.ts';
import type { Matcher } from './selectors.ts';
import type { Clock } from './time.ts';
import { seconds } from './time.ts';
import type { Draft, KubeObject, Resource, Resources } from './types.ts';
import { nextMain, nextStatus } from './versions.ts';

export type Part = 'main' | 'status';

export type DeleteOptions = {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  uid?: string;
  resourceVersion?: string;
};

export type Stored<T extends KubeObject = KubeObject> = { object: T; json: string };

/**
 * The objects of an API server. A write is done when the call returns, and outlives the process. So code that reads and
 * writes without an await in between needs no compare-and-swap. Returned objects are frozen: clone an object to change
 * it. All methods throw StatusError with the Status that a client gets.
 */
export type ObjectStore = {
  get<R extends Resource>(resource: R, namespace: string, name: string): Resources[R] | undefined;
  /** Returns the objects in the order of namespace and name. @param namespace default: all namespaces */
  list<R extends Resource>(resource: R, namespace?: string, matches?: Matcher): Resources[R][];
  /** Returns the same objects as `list`, each with its JSON text. */
  entries<R extends Resource>(resource: R, namespace?: string): Stored<Resources[R]>[];
  /** Creates an object. @param object may have its own metadata.uid */
  create<R extends Resource>(resource: R, object: Draft<Resources[R]>): Resources[R];
  /**
   * Replaces an object, or its status.
   * @throws StatusError 409 when the object's metadata.resourceVersion is given and is not the current one
   */
  update<R extends Resource>(resource: R, object: Resources[R], part?: Part): Resources[R];
  /**
   * Deletes an object, or marks it for deletion while it has finalizers.
   * @returns the object; a metadata.deletionTimestamp tells that finalizers still keep it
   */
  delete<R extends Resource>(resource: R, namespace: string, name: string, options?: DeleteOptions): Resources[R];
  /** Tells whether an object with this uid exists. */
  has(uid: string): boolean;
  /**
   * Calls the listener for every change of any kind, in order, after the write has returned.
   * @returns a function that ends the calls
   */
  watch(listener: Listener): () => void;
  /** Returns the path of a container's log file, whose format container-log.ts describes. */
  logFile(podUid: string, container: string): string;
  /** Returns the folder of a pod's log files. */
  logFolder(podUid: string): string;
};

/** An ObjectStore with the versions and changes that the HTTP side needs. */
export type VersionedStore = ObjectStore & {
  version(): number;
  since(version: number): Change[] | undefined;
  close(): void;
};

export type StoreOptions = {
  /** Folder of the objects. Default: the objects are kept in memory only, and pods have no logs. */
  folder?: string;
  clock: Clock;
};

/** Largest object in bytes: etcd's limit. */
const maxObjectBytes = 1.5 * 1024 * 1024;

type State = {
  items: Map<string, Stored>;
  uids: Set<string>;
  version: number;
  changes: Changes;
  append(version: number, key: string, json: string | null): void;
  clock: Clock;
};

/** Opens the objects of a folder. */
export const openStore = ({ folder, clock }: StoreOptions): VersionedStore => {
  const items = new Map<string, Stored>();
  const journal = folder === undefined ? memoryJournal() : openJournal(folder, () => jsonOf(items));
  for (const [key, json] of journal.state.objects) items.set(key, stored(json));
  journal.state.objects.clear();
  const state: State = {
    items,
    uids: new Set([...items.values()].map(({ object }) => object.metadata.uid)),
    version: journal.state.version,
    changes: createChanges(journal.state.version),
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

const keyOf = (resource: Resource, namespace: string, name: string): string => `${resource}/${namespace}/${name}`;

const select = (items: Map<string, Stored>, resource: Resource, namespace: string | undefined): Stored[] => {
  const prefix = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
  const keys = [...items.keys()].filter((key) => key.startsWith(prefix)).sort();
  return keys.flatMap((key) => items.get(key) ?? []);
};

const stored = (json: string): Stored => ({ object: freeze(JSON.parse(json) as KubeObject), json });

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
};

const create = (state: State, kind: Kind, draft: Draft): KubeObject => {
  const { generateName } = draft.metadata;
  const name = draft.metadata.name || (generateName ? generatedName(generateName) : '');
  if (!name)
    throw invalid(kind, '', [{ field: 'metadata.name', message: 'Required value: name or generateName is required' }]);
  const { resourceVersion, deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = draft.metadata;
  if (resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const object = structuredClone({
    ...(draft as KubeObject),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...metadata,
      name,
      namespace: metadata.namespace ?? 'default',
      uid: metadata.uid ?? randomUUID(),
      resourceVersion: '',
      ...(kind.generation ? { generation: 1 } : {}),
      creationTimestamp: seconds(state.clock()),
    },
  });
  if (kind.statusSubresource) delete object.status;
  check(kind, object, undefined);
  const key = keyOf(kind.resource, object.metadata.namespace, name);
  if (state.items.has(key)) throw alreadyExists(kind, name);
  return commit(state, kind, key, 'ADDED', object);
};

const check = (kind: Kind, object: KubeObject, before: KubeObject | undefined): void => {
  const found = complaints(object.metadata);
  if (found.length > 0) throw invalid(kind, object.metadata.name, found);
  admit(object, before);
};

const update = (state: State, kind: Kind, object: KubeObject, part: Part): KubeObject => {
  const { namespace, name } = object.metadata;
  const key = keyOf(kind.resource, namespace, name);
  const before = current(state, kind, key, name);
  expectSame(kind, before, object.metadata);
  const next = structuredClone(part === 'status' ? nextStatus(before, object) : nextMain(kind, before, object));
  if (part === 'main') check(kind, next, before);
  if (sameJson(before, next)) return before;
  const gone = next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length;
  return commit(state, kind, key, gone ? 'DELETED' : 'MODIFIED', next);
};

const current = (state: State, kind: Kind, key: string, name: string): KubeObject => {
  const found = state.items.get(key);
  if (!found) throw notFound(kind, name);
  return found.object;
};

type Expected = { uid?: string; resourceVersion?: string };

const expectSame = (kind: Kind, { metadata }: KubeObject, { uid, resourceVersion }: Expected): void => {
  if (uid && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(kind, metadata.name, why);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) throw modified(kind, metadata.name);
};

const propagationFinalizers = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'], Background: [] };

const remove = (state: State, kind: Kind, key: string, name: string, options: DeleteOptions): KubeObject => {
  const before = current(state, kind, key, name);
  expectSame(kind, before, options);
  const { metadata } = before;
  const finalizers = [
    ...new Set([...(metadata.finalizers ?? []), ...propagationFinalizers[options.propagation ?? 'Background']]),
  ];
  if (finalizers.length === 0) return commit(state, kind, key, 'DELETED', structuredClone(before));
  if (metadata.deletionTimestamp) return before;
  const deletion = { deletionTimestamp: seconds(state.clock()), deletionGracePeriodSeconds: 0, finalizers };
  const generation = kind.generation ? { generation: (metadata.generation ?? 0) + 1 } : {};
  const next = structuredClone({ ...before, metadata: { ...metadata, ...generation, ...deletion } });
  return commit(state, kind, key, 'MODIFIED', next);
};

const commit = (state: State, kind: Kind, key: string, type: Change['type'], object: KubeObject): KubeObject => {
  const version = state.version + 1;
  object.metadata.resourceVersion = String(version);
  const { apiVersion: _, kind: __, ...rest } = object;
  const json = JSON.stringify({ apiVersion: apiVersionOf(kind), kind: kind.kind, ...rest });
  if (json.length > maxObjectBytes / 4 && Buffer.byteLength(json) > maxObjectBytes)
    throw tooLarge('etcdserver: request is too large');
  const before = state.items.get(key)?.object;
  state.append(version, key, type === 'DELETED' ? null : json);
  const next = stored(json);
  state.version = version;
  if (type === 'DELETED') state.items.delete(key);
  else state.items.set(key, next);
  if (type === 'ADDED') state.uids.add(object.metadata.uid);
  if (type === 'DELETED') state.uids.delete(object.metadata.uid);
  state.changes.publish({ type, kind, object: next.object, before, json, version });
  return next.object;
};
