import { formatDuration, parseDuration } from '../kubernetes/duration.ts';
import type {
  PipelineRun,
  PipelineSpec,
  PipelineTask,
  TaskRun,
  TaskSpec,
  WorkspaceBinding,
} from '../kubernetes/tekton-types.ts';
import type { Draft } from '../kubernetes/types.ts';
import { isDone, succeeded } from './conditions.ts';
import { ownedBy } from './context.ts';
import { childName } from './names.ts';
import { paramVariables } from './params.ts';
import type { Variables } from './substitute.ts';
import { substituteDeep, substituteValue } from './substitute.ts';

const defaultTimeoutMs = 3_600_000;

/** A task of a pipeline, and the task's TaskRun, which is undefined until it is made. */
export type TaskState = { task: PipelineTask; run: TaskRun | undefined };

/** Returns the name of the TaskRun that a PipelineRun has for a task. */
export const taskRunName = (run: PipelineRun, task: PipelineTask): string =>
  childName(run.metadata.name, `-${task.name}`);

/** Returns a pipeline into which the values of a PipelineRun's parameters are filled. */
export const applyParams = (spec: PipelineSpec, run: PipelineRun): PipelineSpec => {
  const variables = pipelineVariables(spec, run);
  return { ...spec, tasks: spec.tasks.map((task) => applyToTask(task, variables)) };
};

const pipelineVariables = (spec: PipelineSpec, run: PipelineRun): Variables =>
  new Map([
    ...paramVariables(spec.params, run.spec.params),
    ['context.pipelineRun.name', run.metadata.name],
    ['context.pipelineRun.namespace', run.metadata.namespace],
    ['context.pipelineRun.uid', run.metadata.uid],
    ['context.pipeline.name', run.spec.pipelineRef?.name ?? run.metadata.name],
  ]);

/**
 * Substitutes a pipeline's parameters in a task. In an embedded taskSpec also those parameters are substituted that the
 * task does not declare itself.
 */
const applyToTask = (task: PipelineTask, variables: Variables): PipelineTask => {
  const own = new Set(task.taskSpec?.params?.map(({ name }) => `params.${name}`));
  const given = task.params?.map(({ name, value }) => ({ name, value: substituteValue(value, variables) }));
  const propagated: Variables = new Map([...variables].filter(([name]) => !own.has(name)));
  const taskSpec = task.taskSpec && substituteDeep(task.taskSpec, propagated);
  return { ...task, ...(given ? { params: given } : {}), ...(taskSpec ? { taskSpec } : {}) };
};

/** Returns the first task of a pipeline that may start: all tasks before it in the list have succeeded. */
export const nextTask = (states: readonly TaskState[]): PipelineTask | undefined => {
  if (states.some(({ run }) => run !== undefined && succeeded(run)?.status !== 'True')) return undefined;
  return states.find(({ run }) => run === undefined)?.task;
};

/** Returns the results of finished tasks as variables `tasks.NAME.results.RESULT`. */
export const taskResultVariables = (states: readonly TaskState[]): Variables =>
  new Map(
    states.flatMap(({ task, run }) =>
      (run?.status?.results ?? []).map(({ name, value }): [string, string] => [
        `tasks.${task.name}.results.${name}`,
        value,
      ]),
    ),
  );

/** Returns a new TaskRun for a task of a pipeline, with the fields of Tekton 1.15. */
export const newTaskRun = (run: PipelineRun, task: PipelineTask, results: Variables): Draft<TaskRun> => {
  const { taskSpec, params } = substituteDeep({ taskSpec: task.taskSpec, params: task.params }, results);
  const workspaces = bindings(run, task);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: taskRunName(run, task),
      namespace: run.metadata.namespace,
      labels: taskLabels(run, task),
      annotations: { ...ownAnnotations(run), 'pipeline.tekton.dev/release': 'unknown' },
      ownerReferences: ownedBy(run),
    },
    spec: {
      ...(params?.length ? { params } : {}),
      serviceAccountName: run.spec.serviceAccountName ?? 'default',
      taskSpec: withoutMeta(taskSpec),
      timeout: taskTimeout(run, task),
      ...(workspaces.length > 0 ? { workspaces } : {}),
    },
  };
};

const withoutMeta = (taskSpec: TaskSpec | undefined): TaskSpec => {
  const {
    spec: _,
    metadata: __,
    ...rest
  } = (taskSpec ?? { steps: [] }) as TaskSpec & { spec?: unknown; metadata?: unknown };
  return rest;
};

const ownAnnotations = ({ metadata }: PipelineRun): Record<string, string> => {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = metadata.annotations ?? {};
  return rest;
};

const taskLabels = (run: PipelineRun, task: PipelineTask): Record<string, string> => ({
  ...run.metadata.labels,
  'app.kubernetes.io/managed-by': 'tekton-pipelines',
  'tekton.dev/memberOf': 'tasks',
  'tekton.dev/pipeline': run.spec.pipelineRef?.name ?? run.metadata.name,
  'tekton.dev/pipelineRun': run.metadata.name,
  'tekton.dev/pipelineRunUID': run.metadata.uid,
  'tekton.dev/pipelineTask': task.name,
});

const taskTimeout = (run: PipelineRun, task: PipelineTask): string => {
  const given = task.timeout ?? run.spec.timeouts?.tasks;
  if (given) return formatDuration(parseDuration(given) ?? defaultTimeoutMs);
  const whole = parseDuration(run.spec.timeouts?.pipeline ?? '') ?? defaultTimeoutMs;
  return formatDuration(whole === 0 ? 0 : Math.max(whole, defaultTimeoutMs));
};

const bindings = (run: PipelineRun, task: PipelineTask): WorkspaceBinding[] => {
  const bound = new Map(run.spec.workspaces?.map((workspace) => [workspace.name, workspace]));
  return (task.workspaces ?? []).flatMap(({ name, workspace }) => {
    const binding = bound.get(workspace ?? name);
    return binding ? [{ ...binding, name }] : [];
  });
};

/** Number of all tasks of a pipeline, and of those that have ended, failed or were cancelled. */
export type Tally = { total: number; done: number; failed: number; cancelled: number };

export const tally = (states: readonly TaskState[]): Tally => {
  const done = states.flatMap(({ run }) => (run && isDone(run) ? [run] : []));
  const bad = done.filter((run) => succeeded(run)?.status === 'False');
  const cancelled = bad.filter((run) => succeeded(run)?.reason === 'TaskRunCancelled').length;
  return { total: states.length, done: done.length, failed: bad.length - cancelled, cancelled };
};
