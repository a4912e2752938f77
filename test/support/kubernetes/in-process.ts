import { StatusError, toStatus } from '../../../embedded/kubernetes/errors.ts';
import { parsePath } from '../../../embedded/kubernetes/route.ts';
import { openStore, type VersionedStore } from '../../../embedded/kubernetes/store.ts';
import { verbOf } from '../../../embedded/kubernetes/verbs.ts';
import { KubeError } from '../../../lib/kube/kube-error.ts';
import type { ListMetadata } from '../../../lib/kube/resources.ts';
import type { KubeRequest } from '../../../lib/kube/transport.ts';

/** Opens a store of Kubernetes objects in memory, as the embedded Kubernetes API uses. */
export const openMemoryStore = (): VersionedStore => openStore({ clock: Date.now });

const asJson = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

const queryOf = (query: KubeRequest['query'] = {}): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
  );

const kubeError = (error: unknown): unknown => {
  if (!(error instanceof StatusError)) return error;
  const { code, reason, message, details, metadata } = toStatus(error);
  return new KubeError(code, reason, message, details?.causes, (metadata as { continue?: string }).continue);
};

/**
 * Passes a request of the service's Kubernetes client to the embedded API server without HTTP, and returns the response
 * at once. Watches and pod logs need HTTP: see cluster.ts in test/support/kubernetes.
 * @throws KubeError for an error response, as the Kubernetes client does
 */
export const sendInProcess = (store: VersionedStore, request: KubeRequest): unknown => {
  const { method, path, query, body, accept = '', contentType: mediaType = 'application/json' } = request;
  try {
    const target = parsePath(path);
    const response = verbOf(method, target)(store, {
      ...{ method, target, mediaType, accept },
      query: queryOf(query),
      body: asJson(body),
    });
    return typeof response.body === 'string' ? JSON.parse(response.body) : asJson(response.body);
  } catch (error) {
    throw kubeError(error);
  }
};

/** Visits the items of a list in a response, and returns the metadata of the list, as the service's transport does. */
export const visitItems = <T>(response: unknown, visit: (item: T) => void): ListMetadata => {
  const { items, metadata } = response as { items: T[] | null; metadata: ListMetadata };
  items?.forEach(visit);
  return metadata;
};
