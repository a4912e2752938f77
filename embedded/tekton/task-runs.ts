import { parseDuration } from '../kubernetes/duration.ts';
import type { StepState, TaskRun, TaskRunStatus, TaskSpec } from '../kubernetes/tekton-types.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Container, Pod } from '../kubernetes/types.ts';
import { conditionsWith, isDone } from './conditions.ts';
import type { Context } from './context.ts';
import { change, controllerOf } from './context.ts';
import { cancelAnnotation } from './kubelet.ts';
import { missingParams } from './params.ts';
import { provenance } from './provenance.ts';
import type { StepPlan } from './run-container.ts';
import { endedSteps, stepStates, taskResults } from './step-states.ts';
import { containerName, createTaskPod } from './task-pod.ts';
import type { TaskCondition } from './task-status.ts';
import { judgePod, pullFailure } from './task-status.ts';

type Later = (milliseconds: number) => void;
type More = Pick<TaskRunStatus, 'steps' | 'results' | 'podName'>;

/** Reconciles a TaskRun: makes its pod, copies the pod's state, ends the TaskRun. Calls may be repeated at any time. */
export const reconcileTaskRun = (context: Context, run: TaskRun, later: Later): void => {
  if (isDone(run) || run.metadata.deletionTimestamp) return;
  const pod = podOf(context, run);
  if (run.spec.status === 'TaskRunCancelled') return void cancel(context, run, pod);
  if (expire(context, run, pod, later)) return;
  if (pod) follow(context, run, pod);
  else begin(context, run);
};

const podOf = ({ objects }: Context, run: TaskRun): Pod | undefined => {
  const name = run.status?.podName;
  const pod = name === undefined ? findPod(objects.list('pods', run.metadata.namespace), run) : undefined;
  return pod ?? (name === undefined ? undefined : objects.get('pods', run.metadata.namespace, name));
};

/**
 * Finds the pod of a TaskRun whose status does not name the pod, because the platform stopped just after it made the
 * pod.
 */
const findPod = (pods: Pod[], { metadata }: TaskRun): Pod | undefined =>
  pods.find((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));

const cancel = (context: Context, run: TaskRun, pod: Pod | undefined): void => {
  const message = `TaskRun "${run.metadata.name}" was cancelled. ${run.spec.statusMessage ?? ''}`.trim();
  end(context, run, pod, { status: 'False', reason: 'TaskRunCancelled', message });
};

/**
 * Ends a TaskRun that was cancelled or timed out. Its pod and log are kept, as with Tekton's setting
 * keep-pod-on-cancel.
 */
const end = (context: Context, run: TaskRun, pod: Pod | undefined, verdict: TaskCondition): void => {
  const steps = endedSteps(run, pod, verdict.reason, context.clock());
  if (pod) {
    change(context.objects, 'pods', pod, 'main', (copy) => {
      copy.metadata.annotations = { ...copy.metadata.annotations, [cancelAnnotation]: 'CANCEL' };
    });
  }
  write(context, run, verdict, { ...(steps.length > 0 ? { steps } : {}), ...podName(pod) });
};

const podName = (pod: Pod | undefined): More => (pod ? { podName: pod.metadata.name } : {});

const expire = (context: Context, run: TaskRun, pod: Pod | undefined, later: Later): boolean => {
  const text = run.spec.timeout ?? '1h0m0s';
  const limit = parseDuration(text) ?? 0;
  const startTime = run.status?.startTime;
  if (limit === 0 || !startTime) return false;
  const left = Date.parse(startTime) + limit - context.clock();
  if (left > 0) {
    later(left);
    return false;
  }
  const message = `TaskRun "${run.metadata.name}" failed to finish within "${text}"`;
  end(context, run, pod, { status: 'False', reason: 'TaskRunTimeout', message });
  return true;
};

const begin = (context: Context, run: TaskRun): void => {
  const spec = run.spec.taskSpec;
  if (!spec?.steps?.length)
    return void refuse(context, run, 'TaskRunResolutionFailed', 'the TaskRun has no taskSpec with steps');
  const missing = missingParams(spec.params, run.spec.params);
  if (missing.length > 0) {
    const message = `invalid input params for task ${run.metadata.name}: missing values for these params which have no default values: [${missing.join(' ')}]`;
    return void refuse(context, run, 'TaskRunValidationFailed', message);
  }
  const pod = createTaskPod(context, run, spec);
  write(context, run, { status: 'Unknown', reason: 'Pending', message: 'Pending' }, podName(pod));
};

const refuse = (context: Context, run: TaskRun, reason: string, message: string): void => {
  write(context, run, { status: 'False', reason, message }, {});
};

const follow = (context: Context, run: TaskRun, pod: Pod): void => {
  const stuck = pullFailure(pod, run.metadata.name);
  if (stuck && run.status?.steps?.some(({ waiting }) => waiting?.reason === 'ImagePullBackOff')) {
    const steps = endedSteps(run, pod, stuck.reason, context.clock());
    write(context, run, stuck, { steps, ...podName(pod) });
    const { namespace, name, uid } = pod.metadata;
    context.objects.delete('pods', namespace, name, { uid });
    return;
  }
  const verdict = judgePod(pod);
  const steps: StepState[] = stepStates(pod);
  const results = verdict.status === 'Unknown' ? [] : taskResults(specOf(run), pod);
  const shown = steps.length > 0 && verdict.message !== 'Pending' ? { steps } : {};
  write(context, run, verdict, { ...shown, ...(results.length > 0 ? { results } : {}), ...podName(pod) });
};

const specOf = (run: TaskRun): TaskSpec => run.status?.taskSpec ?? run.spec.taskSpec ?? { steps: [] };

const write = ({ objects, clock }: Context, run: TaskRun, verdict: TaskCondition, more: More): void => {
  const { status, reason, message } = verdict;
  const now = clock();
  change(objects, 'taskruns', run, 'status', (copy) => {
    const { steps, results, podName } = more;
    copy.status = {
      conditions: conditionsWith(run, status, reason, message, now),
      ...(podName ? { podName } : {}),
      startTime: copy.status?.startTime ?? seconds(now),
      ...(status === 'Unknown' ? {} : { completionTime: seconds(now) }),
      ...(steps ? { steps } : {}),
      ...(results ? { results } : {}),
      ...(run.spec.taskSpec ? { taskSpec: run.spec.taskSpec } : {}),
      provenance,
    };
  });
};

/** Returns the names of the results that a container of a TaskRun's pod may write, and the container's timeout. */
export const planOf = ({ objects }: Context, pod: Pod, { name }: Container): StepPlan => {
  const owner = controllerOf(pod, 'TaskRun');
  const run = owner === undefined ? undefined : objects.get('taskruns', pod.metadata.namespace, owner);
  const spec = run?.spec.taskSpec;
  const step = spec?.steps.find((candidate, index) => containerName(candidate, index) === name);
  return {
    stepResults: step?.results?.map((result) => result.name) ?? [],
    taskResults: spec?.results?.filter(({ value }) => value === undefined).map((result) => result.name) ?? [],
    timeoutMs: step?.timeout === undefined ? undefined : parseDuration(step.timeout),
  };
};
