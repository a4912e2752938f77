import type { Pipeline, PipelineRun, TaskRun } from './tekton-types.ts';
import type { Job, KubeObject, Pod, Secret } from './types.ts';

/** The TypeScript type of each kind of Kubernetes object, by the kind's plural name. */
export type Resources = {
  pods: Pod;
  secrets: Secret;
  events: KubeObject;
  pipelines: Pipeline;
  pipelineruns: PipelineRun;
  taskruns: TaskRun;
  jobs: Job;
  buildcapacities: KubeObject;
  buildledgers: KubeObject;
};

export type Resource = keyof Resources;
