import type { V1ListMeta, V1ObjectMeta } from '@kubernetes/client-node';

/**
 * The Kubernetes resources that this project reads or writes, each with the API server's path to its API group and
 * version.
 */
export const resources = {
  pods: '/api/v1',
  secrets: '/api/v1',
  configmaps: '/api/v1',
  events: '/api/v1',
  jobs: '/apis/batch/v1',
  pipelines: '/apis/tekton.dev/v1',
  pipelineruns: '/apis/tekton.dev/v1',
  taskruns: '/apis/tekton.dev/v1',
  buildledgers: '/apis/builds.toolforge.org/v1alpha1',
  buildcapacities: '/apis/builds.toolforge.org/v1alpha1',
} as const;

export type Resource = keyof typeof resources;

/**
 * A type of @kubernetes/client-node in the form of the API server's JSON: a timestamp is a string (RFC 3339), where
 * client-node has a Date. Only types are imported from client-node, because loading its code costs too much at start.
 */
export type AsJson<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? AsJson<Item>[]
    : T extends object
      ? { [Key in keyof T]: AsJson<T[Key]> }
      : T;

type Metadata = AsJson<V1ObjectMeta> & { name: string };
/** A namespace. Its phase is `Terminating` while the namespace is being deleted. */
export type Namespace = KubeObject & { status?: { phase?: 'Active' | 'Terminating' } };

export type KubeObject = { apiVersion?: string; kind?: string; metadata: Metadata };
/** The fields of a list beside its items. `continue` is a token for the next page. The last page has none. */
export type ListMetadata = Pick<V1ListMeta, 'resourceVersion'> & { continue?: string };
export type KubeList<T> = { metadata: ListMetadata; items: T[] };
export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: T };
