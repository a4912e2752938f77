import type { Readable } from 'node:stream';
import type { JSONWebKeySet } from 'jose';
import { KubeError } from './kube-error.ts';
import { type KubeList, type KubeObject, type Resource, resources, type WatchEvent } from './resources.ts';
import type { Transport } from './transport.ts';

export type ListOptions = { labelSelector?: string; fieldSelector?: string; signal?: AbortSignal | undefined };
export type WatchOptions = ListOptions & { resourceVersion?: string; timeoutSeconds?: number };

export type PodLogOptions = {
  container: string;
  follow?: boolean;
  /** RFC 3339; the kubelet compares whole seconds only. */
  sinceTime?: string;
  tailLines?: number;
  limitBytes?: number | undefined;
  signal?: AbortSignal | undefined;
};

/** The Kubernetes API in one namespace. Refusals are KubeErrors; a server that stays away is ApiError 503 `unavailable`. */
export type Kube = {
  readonly namespace: string;
  get<T extends KubeObject>(resource: Resource, name: string, signal?: AbortSignal): Promise<T>;
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Compare-and-swap at object.metadata.resourceVersion. */
  replace<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  replaceStatus<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** JSON merge patch (RFC 7386). */
  patch<T extends KubeObject>(resource: Resource, name: string, patch: object): Promise<T>;
  remove(resource: Resource, name: string): Promise<void>;
  watch<T extends KubeObject>(resource: Resource, options?: WatchOptions): AsyncGenerator<WatchEvent<T>>;
  /** One container's log with a timestamp before each line, as bytes. */
  podLog(pod: string, options: PodLogOptions): Promise<Readable>;
  /** The keys that tokens of ServiceAccounts are signed with, as a JSON Web Key Set. */
  keys(): Promise<JSONWebKeySet>;
  /** Whether the API server answers at all. */
  ready(signal?: AbortSignal): Promise<boolean>;
  close(): void;
};

/** The part of the Kubernetes API that changes nothing. */
export type ReadKube = Omit<Kube, 'create' | 'replace' | 'replaceStatus' | 'patch' | 'remove'>;

const pageSize = '500';

/**
 * Splits a byte stream at line feeds only. readline, which client-node's Watch uses, also splits at U+2028, which JSON
 * may hold unescaped.
 */
async function* jsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of stream) {
    rest = rest.length === 0 ? (part as Buffer) : Buffer.concat([rest, part as Buffer]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      if (line) yield JSON.parse(line) as T;
    }
  }
}

const query = (options: ListOptions): Record<string, string | undefined> => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
});

export const createKube = (transport: Transport, namespace: string): Kube => {
  const folder = (resource: Resource) =>
    `${resources[resource]}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
  const path = (resource: Resource, name: string) => `${folder(resource)}/${encodeURIComponent(name)}`;

  const list = async <T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> => {
    const page = (next?: string) =>
      transport.json<KubeList<T>>({
        method: 'GET',
        path: folder(resource),
        query: { ...query(options), limit: pageSize, continue: next },
        signal: options.signal,
      });
    const first = await page();
    const items = [...first.items];
    let last = first;
    while (last.metadata.continue) {
      last = await page(last.metadata.continue);
      items.push(...last.items);
    }
    return { metadata: first.metadata, items };
  };

  async function* watch<T extends KubeObject>(
    resource: Resource,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const stream = await transport.stream({
      method: 'GET',
      path: folder(resource),
      query: {
        ...query(options),
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

  return {
    namespace,
    list,
    watch,
    get: (resource, name, signal) => transport.json({ method: 'GET', path: path(resource, name), signal }),
    create: (resource, body) => transport.json({ method: 'POST', path: folder(resource), body }),
    replace: (resource, body) => transport.json({ method: 'PUT', path: path(resource, body.metadata.name), body }),
    replaceStatus: (resource, body) =>
      transport.json({ method: 'PUT', path: `${path(resource, body.metadata.name)}/status`, body }),
    patch: (resource, name, body) =>
      transport.json({
        method: 'PATCH',
        path: path(resource, name),
        body,
        contentType: 'application/merge-patch+json',
      }),
    remove: async (resource, name) => {
      const body = { propagationPolicy: 'Background' };
      await transport.json({ method: 'DELETE', path: path(resource, name), body });
    },
    podLog: (pod, { container, follow, sinceTime, tailLines, limitBytes, signal }) =>
      transport.stream({
        method: 'GET',
        path: `${path('pods', pod)}/log`,
        query: {
          container,
          timestamps: 'true',
          follow: follow ? 'true' : undefined,
          sinceTime,
          tailLines: tailLines?.toString(),
          limitBytes: limitBytes?.toString(),
        },
        signal,
      }),
    keys: () => transport.json({ method: 'GET', path: '/openid/v1/jwks' }),
    ready: async (signal) => {
      try {
        (await transport.stream({ method: 'GET', path: '/version', signal })).destroy();
        return true;
      } catch (error) {
        return error instanceof KubeError;
      }
    },
    close: transport.close,
  };
};

const watchError = (object: unknown): KubeError => {
  const status = object as { code?: number; reason?: string; message?: string };
  return new KubeError(status.code ?? 500, status.reason ?? '', status.message ?? 'the watch failed');
};
