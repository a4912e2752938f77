/** The resources that this project reads or writes, and where the API server has them. */
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

export type OwnerReference = { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean };

export type Metadata = {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
};

export type KubeObject = { apiVersion?: string; kind?: string; metadata: Metadata };
export type KubeList<T> = { metadata: { resourceVersion?: string; continue?: string }; items: T[] };
export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: T };
