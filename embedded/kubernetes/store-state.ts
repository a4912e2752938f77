import type { Change, Changes } from './changes.ts';
import { tooLarge } from './errors.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './kinds.ts';
import type { Resource } from './resources.ts';
import type { Clock } from './time.ts';
import type { KubeObject } from './types.ts';

/** A stored Kubernetes object and its JSON text. */
export type Stored<T extends KubeObject = KubeObject> = { object: T; json: string };

/** Largest object in bytes that the object store accepts: 1.5 MiB, the limit of etcd. */
const maxObjectBytes = 1.5 * 1024 * 1024;

/** The state of an object store. `items` holds the objects by `resource/namespace/name`. */
export type State = {
  items: Map<string, Stored>;
  uids: Set<string>;
  version: number;
  changes: Changes;
  append(version: number, key: string, json: string | null): void;
  clock: Clock;
};

export const keyOf = (resource: Resource, namespace: string, name: string): string =>
  `${resource}/${namespace}/${name}`;

/** Parses the JSON text of a stored object. The returned object is frozen. */
export const stored = (json: string): Stored => ({ object: freeze(JSON.parse(json) as KubeObject), json });

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
};

/**
 * Stores an object under the next version of the object store and publishes the change.
 * @throws StatusError 413 for an object that is too large
 */
export const commit = (state: State, kind: Kind, key: string, type: Change['type'], object: KubeObject): KubeObject => {
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
