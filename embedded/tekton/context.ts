import type { ObjectStore, Part } from '../kubernetes/store.ts';
import type { Clock } from '../kubernetes/time.ts';
import type { KubeObject, Resource, Resources } from '../kubernetes/types.ts';

export type Log = (message: string, cause?: unknown) => void;

/** What every controller needs. */
export type Context = {
  objects: ObjectStore;
  /** Where pods' working folders are. */
  folder: string;
  clock: Clock;
  log: Log;
};

/**
 * Changes a copy of an object and stores it.
 * @returns what is stored now; undefined when the object is gone, or another one has its name
 */
export const change = <R extends Resource>(
  objects: ObjectStore,
  resource: R,
  { metadata }: KubeObject,
  part: Part,
  edit: (copy: Resources[R]) => void,
): Resources[R] | undefined => {
  const now = objects.get(resource, metadata.namespace, metadata.name);
  if (!now || now.metadata.uid !== metadata.uid) return undefined;
  const copy = structuredClone(now);
  edit(copy);
  return objects.update(resource, copy, part);
};

/** The owner that controls an object, if it is of this kind. */
export const controllerOf = ({ metadata }: KubeObject, kind: string): string | undefined =>
  metadata.ownerReferences?.find((owner) => owner.controller && owner.kind === kind)?.name;

/** The reference by which an object belongs to its controller. */
export const ownedBy = ({ apiVersion, kind, metadata }: KubeObject) => {
  const { name, uid } = metadata;
  return [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }];
};
