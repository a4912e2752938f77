import type { Change } from './changes.ts';
import { kindOfReference, kinds } from './kinds.ts';
import type { Resource } from './resources.ts';
import type { ObjectStore } from './store.ts';
import type { KubeObject, OwnerReference } from './types.ts';

const foregroundFinalizer = 'foregroundDeletion';
const orphanFinalizer = 'orphan';

/**
 * Deletes objects whose owners are gone or never existed, like the garbage collector of Kubernetes.
 * @returns a function that stops the collector
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export const collectGarbage = (objects: ObjectStore): (() => void) => {
  for (const object of everything(objects)) collect(objects, object);
  return objects.watch((change) => {
    if (change.type === 'DELETED') afterDeletion(objects, change);
    else collect(objects, change.object);
  });
};

const everything = (objects: ObjectStore): KubeObject[] =>
  kinds.flatMap(({ resource }) => objects.list(resource) as KubeObject[]);

const dependants = (objects: ObjectStore, { metadata }: KubeObject): KubeObject[] =>
  everything(objects).filter(
    (object) =>
      object.metadata.namespace === metadata.namespace &&
      object.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid),
  );

const afterDeletion = (objects: ObjectStore, { object }: Change): void => {
  for (const dependant of dependants(objects, object)) collect(objects, dependant);
  const owners = new Set(object.metadata.ownerReferences?.map(({ uid }) => uid));
  if (owners.size === 0) return;
  for (const owner of everything(objects)) if (owners.has(owner.metadata.uid)) collect(objects, owner);
};

const collect = (objects: ObjectStore, stale: KubeObject): void => {
  const object = reread(objects, stale);
  if (!object) return;
  if (object.metadata.deletionTimestamp) finalize(objects, object);
  else deleteIfOrphaned(objects, object);
};

const resourceOf = ({ apiVersion, kind }: KubeObject): Resource => {
  const found = kindOfReference(apiVersion, kind);
  if (!found) throw new TypeError(`no kind is called ${kind}`);
  return found.resource;
};

const reread = (objects: ObjectStore, object: KubeObject): KubeObject | undefined => {
  const { namespace, name, uid } = object.metadata;
  const now = objects.get(resourceOf(object), namespace, name);
  return now?.metadata.uid === uid ? now : undefined;
};

const deleteIfOrphaned = (objects: ObjectStore, object: KubeObject): void => {
  const owners = object.metadata.ownerReferences ?? [];
  const gone = owners.filter((owner) => isGone(objects, owner));
  if (gone.length === 0) return;
  const { namespace, name, uid } = object.metadata;
  if (gone.length === owners.length) objects.delete(resourceOf(object), namespace, name, { uid });
  else keepOwners(objects, object, (owner) => !gone.includes(owner));
};

/**
 * Tells whether an object's owner is gone. An owner of a kind that the embedded API does not serve can't be looked up
 * and counts as present.
 */
const isGone = (objects: ObjectStore, { apiVersion, kind, uid }: OwnerReference): boolean =>
  kindOfReference(apiVersion, kind) !== undefined && !objects.has(uid);

const keepOwners = (objects: ObjectStore, object: KubeObject, keep: (owner: OwnerReference) => boolean): void => {
  const copy = structuredClone(object);
  const kept = object.metadata.ownerReferences?.filter(keep) ?? [];
  copy.metadata.ownerReferences = kept;
  if (kept.length === 0) delete copy.metadata.ownerReferences;
  objects.update(resourceOf(object), copy as never);
};

const finalize = (objects: ObjectStore, object: KubeObject): void => {
  const { finalizers = [], uid } = object.metadata;
  const held =
    finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer) ? dependants(objects, object) : [];
  if (finalizers.includes(orphanFinalizer)) {
    for (const dependant of held) keepOwners(objects, dependant, (owner) => owner.uid !== uid);
    dropFinalizer(objects, object, orphanFinalizer);
  } else if (finalizers.includes(foregroundFinalizer)) {
    if (held.length === 0) dropFinalizer(objects, object, foregroundFinalizer);
    for (const dependant of held) deleteOnce(objects, dependant);
  }
};

const deleteOnce = (objects: ObjectStore, object: KubeObject): void => {
  const { namespace, name, uid, deletionTimestamp } = object.metadata;
  if (!deletionTimestamp) objects.delete(resourceOf(object), namespace, name, { uid, propagation: 'Foreground' });
};

const dropFinalizer = (objects: ObjectStore, object: KubeObject, name: string): void => {
  const copy = structuredClone(object);
  const rest = object.metadata.finalizers?.filter((finalizer) => finalizer !== name) ?? [];
  copy.metadata.finalizers = rest;
  if (rest.length === 0) delete copy.metadata.finalizers;
  objects.update(resourceOf(object), copy as never);
};
