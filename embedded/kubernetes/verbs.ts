import type { IncomingMessage, ServerResponse } from 'node:http';
import { mediaType, readJson } from './body.ts';
import { badRequest, methodNotAllowed, notFound, unsupportedMediaType } from './errors.ts';
import { apiVersionOf } from './kinds.ts';
import { listJson } from './list.ts';
import { parseLogQuery } from './log-query.ts';
import { jsonPatch, jsonPatchType, mergePatch, mergePatchType } from './patches.ts';
import { servePodLog } from './pod-log.ts';
import type { Target } from './route.ts';
import { parsePath } from './route.ts';
import type { DeleteOptions, Part, VersionedStore } from './store.ts';
import type { Clock } from './time.ts';
import type { Draft, KubeObject } from './types.ts';
import { serveWatch } from './watch.ts';

export type VerbOptions = { store: VersionedStore; clock: Clock; bookmarkMs: number; watches: Set<() => void> };

type Call = VerbOptions & { target: Target; query: URLSearchParams; req: IncomingMessage; res: ServerResponse };
type Verb = (call: Call) => Promise<void>;
/** An object's call: both names are known. */
type Named = { namespace: string; name: string };

const jsonTypes = ['application/json'];

const answer = (res: ServerResponse, code: number, body: unknown): void => {
  res.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  res.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const listOrWatch = async ({ store, target, query, res, bookmarkMs, watches }: Call): Promise<void> => {
  if (!['true', '1'].includes(query.get('watch') ?? '')) return answer(res, 200, listJson(store, target, query));
  const end = serveWatch(store, target, query, res, { bookmarkMs });
  watches.add(end);
  res.on('close', () => watches.delete(end));
};

/** @throws StatusError 400 when the body is not an object of this kind and namespace */
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

const create = async ({ store, target, req, res }: Call): Promise<void> => {
  const { kind, namespace } = target;
  if (namespace === undefined) throw methodNotAllowed();
  const object = expectObject(target, await readJson(req, jsonTypes));
  const { uid: _, creationTimestamp: __, generation: ___, ...metadata } = object.metadata;
  answer(res, 201, store.create(kind.resource, { ...object, metadata: { ...metadata, namespace } } as Draft as never));
};

const onCollection: Record<string, Verb> = { GET: listOrWatch, POST: create };

const named = ({ namespace, name }: Target): Named => {
  if (namespace === undefined || name === undefined) throw methodNotAllowed();
  return { namespace, name };
};

const current = (store: VersionedStore, target: Target): KubeObject => {
  const { namespace, name } = named(target);
  const object = store.get(target.kind.resource, namespace, name);
  if (!object) throw notFound(target.kind, name);
  return object;
};

const read = async ({ store, target, res }: Call): Promise<void> => {
  answer(res, 200, current(store, target));
};

const write = (store: VersionedStore, { kind, subresource }: Target, object: KubeObject): KubeObject => {
  const part: Part = subresource === 'status' ? 'status' : 'main';
  return store.update(kind.resource, object as never, part);
};

const replace = async ({ store, target, req, res }: Call): Promise<void> => {
  const { namespace, name } = named(target);
  const object = expectObject(target, await readJson(req, jsonTypes));
  if ((object.metadata.name ?? name) !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  answer(res, 200, write(store, target, { ...object, metadata: { ...object.metadata, namespace, name } }));
};

const patches: Record<string, (target: unknown, patch: unknown) => unknown> = {
  [mergePatchType]: mergePatch,
  [jsonPatchType]: jsonPatch,
};

const patch = async ({ store, target, req, res }: Call): Promise<void> => {
  const apply = patches[mediaType(req)];
  if (!apply) throw unsupportedMediaType(Object.keys(patches));
  const change = await readJson(req, Object.keys(patches));
  const before = current(store, target);
  const { namespace, name } = before.metadata;
  const after = expectObject(target, apply(before, change));
  // A patch may name the version it is for: it stays in the object and is compared then.
  answer(res, 200, write(store, target, { ...after, metadata: { ...after.metadata, namespace, name } }));
};

const success = ({ kind }: Target, { metadata }: KubeObject): object => {
  const details = {
    name: metadata.name,
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.resource,
    uid: metadata.uid,
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
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

const remove = async ({ store, target, query, req, res }: Call): Promise<void> => {
  const { namespace, name } = named(target);
  const options = deleteOptions(query, await readJson(req, jsonTypes));
  const object = store.delete(target.kind.resource, namespace, name, options);
  const kept = object.metadata.deletionTimestamp !== undefined || target.kind.resource === 'pods';
  answer(res, 200, kept ? object : success(target, object));
};
const onObject: Record<string, Verb> = { GET: read, PUT: replace, PATCH: patch, DELETE: remove };
const onStatus: Record<string, Verb> = { GET: read, PUT: replace, PATCH: patch };

const readLog = async ({ store, target, query, res, clock }: Call): Promise<void> => {
  const { namespace, name } = named(target);
  await servePodLog(store, namespace, name, parseLogQuery(query, clock), res);
};
const onLog: Record<string, Verb> = { GET: readLog };

/** Answers requests by path and method. @throws StatusError */
export const createVerbs =
  (options: VerbOptions): ((req: IncomingMessage, res: ServerResponse) => Promise<void>) =>
  async (req, res) => {
    const { pathname, searchParams: query } = new URL(req.url ?? '/', 'http://kubernetes');
    if (isProbe(pathname)) return void res.end('ok');
    const target = parsePath(pathname);
    const verb = verbsOf(target)[req.method ?? ''];
    if (!verb) throw methodNotAllowed();
    await verb({ ...options, target, query, req, res });
  };

const isProbe = (pathname: string): boolean => ['/healthz', '/livez', '/readyz'].includes(pathname);

const verbsOf = ({ name, subresource }: Target): Record<string, Verb> => {
  if (name === undefined) return onCollection;
  if (subresource === 'log') return onLog;
  return subresource === 'status' ? onStatus : onObject;
};

type DeleteBody = {
  propagationPolicy?: string;
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
};
