import { parseDuration } from '../kubernetes/duration.ts';
import type { PipelineRun, PipelineSpec, TaskRun } from '../kubernetes/tekton-types.ts';
import { conditionsWith, isDone } from './conditions.ts';
import type { Context } from './context.ts';
import { change } from './context.ts';
import { missingParams } from './params.ts';
import type { RunCondition } from './pipeline-status.ts';
import { judge, statusAfter } from './pipeline-status.ts';
import type { TaskState } from './pipeline-tasks.ts';
import { applyParams, newTaskRun, nextTask, taskResultVariables, taskRunName } from './pipeline-tasks.ts';

/** Plans another reconcile of a PipelineRun after this many milliseconds. */
export type Later = (milliseconds: number) => void;

const cancelled = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
const timedOut = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';

/**
 * Reconciles a PipelineRun: keeps it pending, starts its next task, or ends it. Calls may be repeated at any time. A
 * PipelineRun that is being deleted is not changed, as with Tekton.
 */
export const reconcilePipelineRun = (context: Context, run: PipelineRun, later: Later): void => {
  if (isDone(run) || run.metadata.deletionTimestamp) return;
  const labelled = label(context, run);
  if (!labelled) return;
  if (labelled.spec.status === 'PipelineRunPending') hold(context, labelled);
  else if (labelled.spec.status === 'Cancelled') cancel(context, labelled);
  else proceed(context, labelled, later);
};

const label = ({ objects }: Context, run: PipelineRun): PipelineRun | undefined => {
  const value = run.spec.pipelineRef?.name ?? run.metadata.name;
  if (run.metadata.labels?.['tekton.dev/pipeline'] === value) return run;
  return change(objects, 'pipelineruns', run, 'main', (copy) => {
    copy.metadata.labels = { 'tekton.dev/pipeline': value, ...copy.metadata.labels };
  });
};

const hold = ({ objects, clock }: Context, run: PipelineRun): void => {
  const message = `PipelineRun "${run.metadata.name}" is pending`;
  change(objects, 'pipelineruns', run, 'status', (copy) => {
    copy.status = { conditions: conditionsWith(run, 'Unknown', 'PipelineRunPending', message, clock()) };
  });
};

const cancel = (context: Context, run: PipelineRun): void => {
  const states = statesOf(context, run, run.status?.pipelineSpec);
  cancelTasks(context, states, cancelled);
  const message = `PipelineRun "${run.metadata.name}" was cancelled`;
  write(context, run, { status: 'False', reason: 'Cancelled', message }, undefined, states);
};

const proceed = (context: Context, run: PipelineRun, later: Later): void => {
  const spec = run.status?.pipelineSpec ?? resolve(context, run);
  if ('reason' in spec) return void write(context, run, spec, undefined, []);
  if (expire(context, run, later)) return;
  const states = statesOf(context, run, spec);
  if (run.spec.status === 'CancelledRunFinally') cancelTasks(context, states, cancelled);
  const started = run.spec.status ? states : begin(context, run, states);
  write(context, run, judge(run, started), spec, started);
};

const resolve = ({ objects }: Context, run: PipelineRun): PipelineSpec | RunCondition => {
  const { namespace, name } = run.metadata;
  const wanted = run.spec.pipelineRef?.name;
  const spec = wanted === undefined ? run.spec.pipelineSpec : objects.get('pipelines', namespace, wanted)?.spec;
  if (!spec) {
    const why = `error when getting Pipeline for PipelineRun ${namespace}/${name}: pipelines.tekton.dev "${wanted}" not found`;
    return failed('CouldntGetPipeline', `Error retrieving pipeline for pipelinerun ${namespace}/${name}: ${why}`);
  }
  const missing = missingParams(spec.params, run.spec.params);
  const pipeline = `${namespace}/${wanted ?? name}`;
  if (missing.length > 0) {
    const list = `pipelineRun missing parameters: [${missing.join(' ')}]`;
    const message = `PipelineRun ${namespace}/${name} is missing some parameters required by Pipeline ${pipeline}: ${list}`;
    return failed('ParameterMissing', message);
  }
  const unknown = spec.tasks.find(({ taskSpec }) => !taskSpec);
  if (unknown)
    return failed('CouldntGetTask', `Pipeline ${pipeline} can't be Run; task ${unknown.name} has no taskSpec`);
  return applyParams(spec, run);
};

const failed = (reason: string, message: string): RunCondition => ({ status: 'False', reason, message });

const statesOf = ({ objects }: Context, run: PipelineRun, spec: PipelineSpec | undefined): TaskState[] =>
  (spec?.tasks ?? []).map((task) => {
    const child = objects.get('taskruns', run.metadata.namespace, taskRunName(run, task));
    const own = child?.metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid);
    return { task, run: own ? child : undefined };
  });

const cancelTasks = ({ objects }: Context, states: readonly TaskState[], why: string): void => {
  for (const { run } of states) {
    if (!run || isDone(run) || run.spec.status) continue;
    change(objects, 'taskruns', run, 'main', (copy) => {
      copy.spec.status = 'TaskRunCancelled';
      copy.spec.statusMessage = why;
    });
  }
};

/**
 * Ends a PipelineRun whose timeout is over; otherwise plans a reconcile for the end of the timeout.
 * @returns true when the run was ended
 */
const expire = (context: Context, run: PipelineRun, later: Later): boolean => {
  const text = run.spec.timeouts?.pipeline ?? '0';
  const limit = parseDuration(text) ?? 0;
  const { startTime, pipelineSpec } = run.status ?? {};
  if (limit === 0 || !startTime) return false;
  const left = Date.parse(startTime) + limit - context.clock();
  if (left > 0) {
    later(left);
    return false;
  }
  const states = statesOf(context, run, pipelineSpec);
  cancelTasks(context, states, timedOut);
  const message = `PipelineRun "${run.metadata.name}" failed to finish within "${text}"`;
  write(context, run, failed('PipelineRunTimeout', message), undefined, states);
  return true;
};

const begin = ({ objects }: Context, run: PipelineRun, states: readonly TaskState[]): readonly TaskState[] => {
  const task = nextTask(states);
  if (!task) return states;
  const created: TaskRun = objects.create('taskruns', newTaskRun(run, task, taskResultVariables(states)));
  return states.map((state) => (state.task === task ? { task, run: created } : state));
};

const write = (
  { objects, clock }: Context,
  run: PipelineRun,
  verdict: RunCondition,
  spec: PipelineSpec | undefined,
  states: readonly TaskState[],
): void => {
  change(objects, 'pipelineruns', run, 'status', (copy) => {
    copy.status = statusAfter(run, verdict, spec, states, clock());
  });
};
