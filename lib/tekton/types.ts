import type {
  V1ContainerStateRunning,
  V1ContainerStateTerminated,
  V1ContainerStateWaiting,
  V1ContainerStatus,
} from '@kubernetes/client-node';
import type { AsJson, KubeObject } from '../kube/resources.ts';

/**
 * Types for the parts of Tekton's API tekton.dev/v1 that this project uses.
 * @see https://tekton.dev/docs/pipelines/pipeline-api/
 */
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
};

type Param = { name: string; value: string | string[] };
type Result = { name: string; type?: string; value: string };

export type PipelineRun = KubeObject & {
  spec: {
    pipelineRef?: { name: string };
    params?: Param[];
    status?: string;
    timeouts?: { pipeline?: string };
    taskRunTemplate?: { serviceAccountName: string };
    taskRunSpecs?: object[];
    workspaces?: object[];
  };
  status?: {
    conditions?: Condition[];
    startTime?: string;
    completionTime?: string;
    results?: Result[];
    childReferences?: { kind: string; name: string; pipelineTaskName: string }[];
  };
};

export type StepState = {
  name: string;
  container: string;
  terminationReason?: string;
  waiting?: V1ContainerStateWaiting;
  running?: AsJson<V1ContainerStateRunning>;
  terminated?: AsJson<V1ContainerStateTerminated>;
  results?: Result[];
};

export type TaskRun = KubeObject & {
  status?: {
    conditions?: Condition[];
    podName?: string;
    startTime?: string;
    completionTime?: string;
    steps?: StepState[];
    taskSpec?: { steps?: { name: string }[] };
  };
};

export type ContainerStatus = AsJson<Pick<V1ContainerStatus, 'name' | 'state'>>;

export type Pod = KubeObject & {
  status?: {
    phase?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
};
