import type { Resource, Resources } from '../kubernetes/resources.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import type { Clock } from '../kubernetes/time.ts';
import type { KubeObject } from '../kubernetes/types.ts';
import type { ObjectPart } from '../kubernetes/writes.ts';

export type Log = (message: string, cause?: unknown) => void;

/** The dependencies of every controller of the embedded Tekton. */
export type Context = {
  objects: ObjectStore;
  /** Folder that holds the working folders of all pods. */
  folder: string;
  clock: Clock;
  log: Log;
};

/**
 * Changes a copy of a stored object and stores the copy.
 * @returns the stored object; undefined when the object is gone, or another object has its name
 */
export const change = <R extends Resource>(
  objects: ObjectStore,
  resource: R,
  { metadata }: KubeObject,
  part: ObjectPart,
  edit: (copy: Resources[R]) => void,
): Resources[R] | undefined => {
  const now = objects.get(resource, metadata.namespace, metadata.name);
  if (!now || now.metadata.uid !== metadata.uid) return undefined;
  const copy = structuredClone(now);
  edit(copy);
  return objects.update(resource, copy, part);
};

/** Returns the name of the owner that controls an object, if the owner is of the given kind. */
export const controllerOf = ({ metadata }: KubeObject, kind: string): string | undefined =>
  metadata.ownerReferences?.find((owner) => owner.controller && owner.kind === kind)?.name;

/** Returns the owner reference that makes an object the controller of another object. */
export const ownedBy = ({ apiVersion, kind, metadata }: KubeObject) => {
  const { name, uid } = metadata;
  return [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }];
};
