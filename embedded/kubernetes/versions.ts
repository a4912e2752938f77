import { invalid } from './errors.ts';
import type { Kind } from './kinds.ts';
import { sameJson } from './same.ts';
import type { KubeObject, ObjectMeta } from './types.ts';

/**
 * Returns the object that the store keeps after a write to the object's own path. Fields that a client may not set come
 * from the current object.
 */
export const nextMain = (kind: Kind, before: KubeObject, object: KubeObject): KubeObject => {
  const status = kind.statusSubresource ? before.status : object.status;
  const { status: _, ...rest } = object;
  const next = {
    ...rest,
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata: fixedMeta(before.metadata, object.metadata),
    ...(status === undefined ? {} : { status }),
  };
  refuseNewFinalizers(kind, before.metadata, next.metadata);
  if (kind.generation && !sameJson(content(before), content(next))) {
    next.metadata.generation = (before.metadata.generation ?? 0) + 1;
  }
  return next;
};

/**
 * Returns the object that the store keeps after a write to the object's path /status: the new status, and all other
 * fields unchanged.
 */
export const nextStatus = (before: KubeObject, { status }: KubeObject): KubeObject => {
  const { status: _, ...rest } = before;
  return status === undefined ? rest : { ...rest, status };
};

const fixedMeta = (before: ObjectMeta, given: ObjectMeta): ObjectMeta => {
  const { generation: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...free } = given;
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation } = before;
  const { deletionTimestamp, deletionGracePeriodSeconds } = before;
  return {
    ...free,
    ...{ name, namespace, uid, resourceVersion, creationTimestamp },
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  };
};

const content = (object: KubeObject): object => {
  const { metadata: _, status: __, ...rest } = object;
  return rest;
};

const refuseNewFinalizers = (kind: Kind, before: ObjectMeta, next: ObjectMeta): void => {
  if (!before.deletionTimestamp) return;
  const added = (next.finalizers ?? []).filter((finalizer) => !before.finalizers?.includes(finalizer));
  if (added.length === 0) return;
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  throw invalid(kind, before.name, [{ field: 'metadata.finalizers', message }]);
};
