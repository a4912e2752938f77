/** The fields of Tekton's objects that the embedded platform reads or writes. */

import type { Condition, ContainerState, EnvVar, KubeObject } from './types.ts';

export type ParamValue = string | string[];
export type Param = { name: string; value: ParamValue };
export type ParamSpec = { name: string; type?: 'string' | 'array'; default?: ParamValue };
type ResultSpec = { name: string; type?: string; value?: string };
export type RunResult = { name: string; type?: string; value: string };

export type Step = {
  name?: string;
  image: string;
  command?: string[];
  args?: string[];
  script?: string;
  env?: EnvVar[];
  workingDir?: string;
  timeout?: string;
  results?: ResultSpec[];
};

export type TaskSpec = {
  params?: ParamSpec[];
  results?: ResultSpec[];
  workspaces?: { name: string }[];
  steps: Step[];
};

export type WorkspaceBinding = {
  name: string;
  subPath?: string;
  emptyDir?: object;
  secret?: { secretName: string };
};

export type PipelineTask = {
  name: string;
  taskSpec?: TaskSpec;
  taskRef?: { name: string };
  params?: Param[];
  runAfter?: string[];
  timeout?: string;
  workspaces?: { name: string; workspace?: string }[];
};

export type PipelineSpec = {
  params?: ParamSpec[];
  results?: { name: string; value: string }[];
  workspaces?: { name: string }[];
  tasks: PipelineTask[];
};

export type Pipeline = KubeObject & { spec: PipelineSpec };

export type ChildReference = { apiVersion: string; kind: string; name: string; pipelineTaskName: string };

export type PipelineRunStatus = {
  conditions?: Condition[];
  startTime?: string;
  completionTime?: string;
  pipelineSpec?: PipelineSpec;
  childReferences?: ChildReference[];
  skippedTasks?: { name: string; reason: string }[];
  results?: RunResult[];
  provenance?: unknown;
};

export type PipelineRun = KubeObject & {
  spec: {
    pipelineRef?: { name?: string };
    pipelineSpec?: PipelineSpec;
    params?: Param[];
    status?: string;
    timeouts?: { pipeline?: string; tasks?: string };
    workspaces?: WorkspaceBinding[];
    serviceAccountName?: string;
    taskRunTemplate?: { serviceAccountName?: string };
  };
  status?: PipelineRunStatus;
};

export type StepState = ContainerState & {
  name: string;
  container: string;
  imageID?: string;
  results?: RunResult[];
  terminationReason?: string;
  provenance: object;
};

export type TaskRunStatus = {
  conditions?: Condition[];
  podName?: string;
  startTime?: string;
  completionTime?: string;
  steps?: StepState[];
  results?: RunResult[];
  taskSpec?: TaskSpec;
  provenance?: unknown;
};

export type TaskRun = KubeObject & {
  spec: {
    params?: Param[];
    serviceAccountName?: string;
    taskSpec?: TaskSpec;
    timeout?: string;
    status?: string;
    statusMessage?: string;
    workspaces?: WorkspaceBinding[];
  };
  status?: TaskRunStatus;
};
