import type { Readable } from 'node:stream';
import type { V1Status } from '@kubernetes/client-node';
import type { JSONWebKeySet } from 'jose';
import type { MaybeSignal } from '../abort.ts';
import { KubeError } from './kube-error.ts';
import { type ListOptions, listAll, scanList } from './lists.ts';
import {
  type KubeList,
  type KubeObject,
  type ListMetadata,
  type Namespace,
  type Resource,
  resources,
  type WatchEvent,
} from './resources.ts';
import type { Transport } from './transport.ts';

type Selection = { labelSelector?: string; fieldSelector?: string; signal?: MaybeSignal };
type WatchOptions = Selection & { resourceVersion?: string; timeoutSeconds?: number };

export type PodLogOptions = {
  container: string;
  follow?: boolean;
  /** Time in RFC 3339 from which lines of the log are read. The kubelet ignores fractions of a second. */
  sinceTime?: string;
  tailLines?: number;
  limitBytes?: number | undefined;
  signal?: MaybeSignal;
};

/**
 * The Kubernetes API in one namespace. Every method throws KubeError where the API server refuses, and ApiError 503
 * `unavailable` where the API server does not respond after all attempts.
 */
export type Kube = {
  readonly namespace: string;
  get<T extends KubeObject>(resource: Resource, name: string, signal?: AbortSignal): Promise<T>;
  /** Returns all objects of a list, whose number must be small. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>;
  /**
   * Visits all objects of a list of any length, one at a time. `visit` must not wait for anything.
   * @returns the metadata of the list
   */
  scan<T extends KubeObject>(
    resource: Resource,
    visit: (item: T) => void,
    options?: ListOptions,
  ): Promise<ListMetadata>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /**
   * Replaces a Kubernetes object, unless the object on the server has a newer resourceVersion than `object.metadata`.
   */
  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  replaceStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Changes a Kubernetes object by a JSON merge patch (RFC 7386). */
  patch<T extends KubeObject>(resource: Resource, name: string, patch: object): Promise<T>;
  remove(resource: Resource, name: string): Promise<void>;
  watch<T extends KubeObject>(resource: Resource, options?: WatchOptions): AsyncGenerator<WatchEvent<T>>;
  /** Returns the log of one container as bytes, with a timestamp before each line. */
  podLog(pod: string, options: PodLogOptions): Promise<Readable>;
  /** Returns the keys that sign tokens of ServiceAccounts, as a JSON Web Key Set. */
  keys(): Promise<JSONWebKeySet>;
  /** Returns the object of this client's namespace. */
  readNamespace(signal?: AbortSignal): Promise<Namespace>;
  close(): void;
};

/** The methods of the client of the Kubernetes API that change nothing in the cluster. */
export type ReadKube = Omit<Kube, 'create' | 'replace' | 'replaceStatus' | 'patch' | 'remove'>;

/**
 * Splits a byte stream at line feeds, and parses each line as JSON. Node's readline, which client-node's Watch uses,
 * also splits at U+2028, which a JSON string may contain unescaped.
 */
async function* jsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      if (line) yield JSON.parse(line) as T;
    }
  }
}

const queryOf = ({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> => ({
  labelSelector,
  fieldSelector,
});

const watchError = (object: unknown): KubeError => {
  const { code = 500, reason = '', message = 'the watch failed' } = object as Partial<V1Status>;
  return new KubeError(code, reason, message);
};

/**
 * Yields the changes of a Kubernetes resource while a watch is open.
 * @throws KubeError where the API server ends the watch with an error, such as 410 for an expired resourceVersion
 */
async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  path: string,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const stream = await transport.stream({
    method: 'GET',
    path,
    query: {
      ...queryOf(options),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds?.toString(),
    },
    signal: options.signal,
  });
  try {
    for await (const event of jsonLines<WatchEvent<T>>(stream)) {
      if (event.type === 'ERROR') throw watchError(event.object);
      yield event;
    }
  } finally {
    stream.destroy();
  }
}

const podLog = (transport: Transport, podPath: string, options: PodLogOptions): Promise<Readable> =>
  transport.stream({
    method: 'GET',
    path: `${podPath}/log`,
    query: {
      container: options.container,
      timestamps: 'true',
      follow: options.follow ? 'true' : undefined,
      sinceTime: options.sinceTime,
      tailLines: options.tailLines?.toString(),
      limitBytes: options.limitBytes?.toString(),
    },
    signal: options.signal,
  });

const mergePatch = 'application/merge-patch+json';

/** Makes a client of the Kubernetes API in one namespace. */
export const createKube = (transport: Transport, namespace: string): Kube => {
  const place = `namespaces/${encodeURIComponent(namespace)}`;
  const folder = (resource: Resource) => `${resources[resource]}/${place}/${resource}`;
  const path = (resource: Resource, name: string) => `${folder(resource)}/${encodeURIComponent(name)}`;
  return {
    namespace,
    list: (resource, options = {}) => listAll(transport, folder(resource), options),
    scan: (resource, visit, options = {}) => scanList(transport, folder(resource), options, visit),
    watch: (resource, options = {}) => watchEvents(transport, folder(resource), options),
    get: (resource, name, signal) => transport.json({ method: 'GET', path: path(resource, name), signal }),
    create: (resource, body) => transport.json({ method: 'POST', path: folder(resource), body }),
    replace: (resource, body) => transport.json({ method: 'PUT', path: path(resource, body.metadata.name), body }),
    replaceStatus: (resource, body) =>
      transport.json({ method: 'PUT', path: `${path(resource, body.metadata.name)}/status`, body }),
    patch: (resource, name, body) =>
      transport.json({ method: 'PATCH', path: path(resource, name), body, contentType: mergePatch }),
    remove: async (resource, name) => {
      const body = { propagationPolicy: 'Background' };
      await transport.json({ method: 'DELETE', path: path(resource, name), body });
    },
    podLog: (pod, options) => podLog(transport, path('pods', pod), options),
    keys: () => transport.json({ method: 'GET', path: '/openid/v1/jwks' }),
    readNamespace: (signal) => transport.json({ method: 'GET', path: `/api/v1/${place}`, signal }),
    close: transport.close,
  };
};
