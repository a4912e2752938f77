import { randomUUID } from 'node:crypto';
import { admit } from './admission.ts';
import { alreadyExists, badRequest, conflict, invalid, modified, notFound } from './errors.ts';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './kinds.ts';
import { generatedName, nameErrors } from './names.ts';
import { sameJson } from './same.ts';
import { commit, keyOf, type State } from './store-state.ts';
import { seconds } from './time.ts';
import type { Draft, KubeObject } from './types.ts';
import { nextMain, nextStatus } from './versions.ts';

/** The part of an object that a write changes: `status` for the path /status, `main` for the object's own path. */
export type ObjectPart = 'main' | 'status';

export type DeleteOptions = {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  uid?: string;
  resourceVersion?: string;
};

/**
 * Creates an object with a new version, and with a new uid unless the draft has one.
 * @throws StatusError for an invalid object or a name that is in use
 */
export const create = (state: State, kind: Kind, draft: Draft): KubeObject => {
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
  const found = nameErrors(object.metadata);
  if (found.length > 0) throw invalid(kind, object.metadata.name, found);
  admit(object, before);
};

/**
 * Replaces a stored object or its status. A write that changes nothing makes no new version.
 * @throws StatusError when the object is missing, is invalid or has another version than the current one
 */
export const update = (state: State, kind: Kind, object: KubeObject, part: ObjectPart): KubeObject => {
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

/**
 * Deletes a stored object, or marks it for deletion while it has finalizers.
 * @throws StatusError when the object is missing or its uid or version is not the expected one
 */
export const remove = (state: State, kind: Kind, key: string, name: string, options: DeleteOptions): KubeObject => {
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
