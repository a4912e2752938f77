import { badRequest, methodNotAllowed, notFound, unsupportedMediaType } from './errors.ts';
import { apiVersionOf } from './kinds.ts';
import { listJson } from './list.ts';
import { jsonPatch, jsonPatchType, mergePatch, mergePatchType } from './patches.ts';
import type { Target } from './route.ts';
import type { VersionedStore } from './store.ts';
import type { Draft, KubeObject } from './types.ts';
import type { DeleteOptions, ObjectPart } from './writes.ts';

/**
 * A Kubernetes API request whose whole body has been read. Watches and pod logs are streams, which watch.ts and
 * pod-log.ts serve.
 */
type ApiRequest = {
  method: string;
  target: Target;
  query: URLSearchParams;
  /** Media type of the request's body in lower case, without parameters. */
  mediaType: string;
  /** Media types that the response may have: the header Accept. */
  accept: string;
  /** The parsed JSON body of the request; undefined when the request has no body. */
  body: unknown;
};

type ApiResponse = {
  status: number;
  /** Body of the response: JSON text, or a value that is sent as JSON. */
  body: string | object;
};

type Verb = (store: VersionedStore, request: ApiRequest) => ApiResponse;

const list: Verb = (store, { target, query, accept }) => ({
  status: 200,
  body: listJson(store, target, query, accept),
});

/**
 * Returns the body of a request as an object.
 * @throws StatusError 400 when the body is not an object of the kind and namespace in the request's path
 */
const expectObject = ({ kind, namespace }: Target, body: unknown): KubeObject => {
  const object = body as KubeObject | null | undefined;
  if (!object?.kind) throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body ?? '').slice(0, 200)}'`);
  const apiVersion = apiVersionOf(kind);
  if (object.kind !== kind.kind || object.apiVersion !== apiVersion) {
    throw badRequest(
      `${object.kind} in version "${object.apiVersion}" cannot be handled as a ${kind.kind}: ${apiVersion} ${kind.kind} is served here`,
    );
  }
  if (typeof object.metadata !== 'object' || object.metadata === null) object.metadata = {} as KubeObject['metadata'];
  if ((object.metadata.namespace ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return object;
};

const create: Verb = (store, { target, body }) => {
  const { kind, namespace } = target;
  if (namespace === undefined) throw methodNotAllowed();
  const object = expectObject(target, body);
  const { uid: _, creationTimestamp: __, generation: ___, ...metadata } = object.metadata;
  const draft = { ...object, metadata: { ...metadata, namespace } } as Draft;
  return { status: 201, body: store.create(kind.resource, draft as never) };
};

/**
 * Returns the namespace and name in the path of a request for one object.
 * @throws StatusError 405 for a path without a namespace or a name
 */
export const namesOf = ({ namespace, name }: Target): { namespace: string; name: string } => {
  if (namespace === undefined || name === undefined) throw methodNotAllowed();
  return { namespace, name };
};

const current = (store: VersionedStore, target: Target): KubeObject => {
  const { namespace, name } = namesOf(target);
  const object = store.get(target.kind.resource, namespace, name);
  if (!object) throw notFound(target.kind, name);
  return object;
};

const read: Verb = (store, { target }) => ({ status: 200, body: current(store, target) });

const write = (store: VersionedStore, { kind, subresource }: Target, object: KubeObject): ApiResponse => {
  const part: ObjectPart = subresource === 'status' ? 'status' : 'main';
  return { status: 200, body: store.update(kind.resource, object as never, part) };
};

const replace: Verb = (store, { target, body }) => {
  const { namespace, name } = namesOf(target);
  const object = expectObject(target, body);
  if ((object.metadata.name ?? name) !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  return write(store, target, { ...object, metadata: { ...object.metadata, namespace, name } });
};

const patchFunctions = new Map<string, (target: unknown, patch: unknown) => unknown>([
  [mergePatchType, mergePatch],
  [jsonPatchType, jsonPatch],
]);

const patch: Verb = (store, { target, body, mediaType }) => {
  const apply = patchFunctions.get(mediaType);
  if (!apply) throw unsupportedMediaType([...patchFunctions.keys()]);
  const before = current(store, target);
  const { namespace, name } = before.metadata;
  const after = expectObject(target, apply(before, body));
  // A resourceVersion in a patch stays in the patched object, so the store refuses the patch when that version is not
  // the current one.
  return write(store, target, { ...after, metadata: { ...after.metadata, namespace, name } });
};

const success = ({ kind }: Target, { metadata }: KubeObject): object => {
  const { name, uid } = metadata;
  const details = { name, ...(kind.group ? { group: kind.group } : {}), kind: kind.resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
};

type DeleteBody = {
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
};

const deleteOptions = (query: URLSearchParams, body: unknown): DeleteOptions => {
  const { propagationPolicy, orphanDependents, preconditions = {} } = (body ?? {}) as DeleteBody;
  const policy = propagationPolicy ?? query.get('propagationPolicy') ?? (orphanDependents ? 'Orphan' : 'Background');
  if (policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw badRequest(`propagationPolicy: Unsupported value: ${JSON.stringify(policy)}`);
  }
  const { uid, resourceVersion } = preconditions;
  return { propagation: policy, ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
};

const remove: Verb = (store, { target, query, body }) => {
  const { namespace, name } = namesOf(target);
  const object = store.delete(target.kind.resource, namespace, name, deleteOptions(query, body));
  const kept = object.metadata.deletionTimestamp !== undefined || target.kind.resource === 'pods';
  return { status: 200, body: kept ? object : success(target, object) };
};

const verbsOfCollection: Record<string, Verb> = { GET: list, POST: create };
const verbsOfObject: Record<string, Verb> = { GET: read, PUT: replace, PATCH: patch, DELETE: remove };
const verbsOfStatus: Record<string, Verb> = { GET: read, PUT: replace, PATCH: patch };

const verbsOf = ({ name, subresource }: Target): Record<string, Verb> => {
  if (name === undefined) return verbsOfCollection;
  if (subresource === 'log') return {};
  return subresource === 'status' ? verbsOfStatus : verbsOfObject;
};

/**
 * Returns the function that handles a method on a path of the Kubernetes API.
 * @throws StatusError 405 for a path that does not have the method
 */
export const verbOf = (method: string, target: Target): Verb => {
  const verb = verbsOf(target)[method];
  if (!verb) throw methodNotAllowed();
  return verb;
};

/** Returns the media types that the Kubernetes API accepts for the body of a request, by the request's method. */
export const acceptedTypes = (method: string): readonly string[] =>
  method === 'PATCH' ? [...patchFunctions.keys()] : ['application/json'];
