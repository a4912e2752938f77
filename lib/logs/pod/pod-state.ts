import type { ContainerStatus, Pod } from '../../tekton/types.ts';

export type StepPod = Pod & { spec?: { containers?: { name: string; env?: { name: string; value?: string }[] }[] } };

const prefix = 'step-';

/** Returns the name of a step's container. A log in the format text shows this name, too. */
export const containerOf = (step: string): string => prefix + step;

/**
 * Returns the names of a pod's steps in the order in which the steps run. The order is that of the pod's spec, as the
 * kubelet sorts containerStatuses by name.
 */
export const stepsOf = (pod: StepPod): string[] =>
  (pod.spec?.containers ?? pod.status?.containerStatuses ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));

const statusOf = (pod: StepPod, step: string): ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === containerOf(step));

/** Annotation that a pod gets when Tekton lets its steps begin. */
export const readyAnnotation = 'tekton.dev/ready';

/**
 * Says whether Tekton has let a pod's steps begin. Before that, their containers run already, but Tekton's entrypoints
 * wait in them and print nothing.
 */
export const hasBegun = ({ metadata: { annotations = {} } }: StepPod): boolean =>
  annotations[readyAnnotation] !== undefined;

const isCancelled = ({ metadata: { annotations = {} } }: StepPod): boolean =>
  annotations['tekton.dev/cancel'] !== undefined;

/**
 * Says whether a pod's steps will print nothing more. A pod that was cancelled before its steps began stays, and its
 * entrypoints wait for ever. Seen with Tekton 1.15 and `keep-pod-on-cancel`.
 */
const hasEnded = (pod: StepPod): boolean =>
  pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded' || (isCancelled(pod) && !hasBegun(pod));

/** State of a step's container. `never`: the pod has ended without starting the container. */
export type ContainerState = 'waiting' | 'running' | 'terminated' | 'never';

export const containerState = (pod: StepPod, step: string): ContainerState => {
  const state = statusOf(pod, step)?.state;
  if (state?.terminated) return 'terminated';
  if (state?.running && hasBegun(pod)) return 'running';
  return hasEnded(pod) ? 'never' : 'waiting';
};

/** Returns the result of a step that has ended, as a phrase that follows "step NAME ". */
export const stepResult = (pod: StepPod, step: string): string => {
  const ended = statusOf(pod, step)?.state?.terminated as
    | { exitCode: number; reason?: string; message?: string }
    | undefined;
  if (!ended || /"Skipped"/.test(ended.message ?? '')) return 'was not run';
  if (ended.exitCode === 0) return 'succeeded';
  return `failed with exit code ${ended.exitCode}${ended.reason && ended.reason !== 'Error' ? ` (${ended.reason})` : ''}`;
};

const pullReasons = /^(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)$/;

const withMessage = (reason: string | undefined, message: string | undefined): string =>
  `${reason}${message ? `: ${message}` : ''}`;

const schedulingProblem = (pod: StepPod): string | undefined => {
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (!unscheduled) return undefined;
  return `no node has room for the build yet (${unscheduled.message ?? unscheduled.reason ?? 'no reason given'})`;
};

/** Returns the reason why a pod's containers don't run yet, as a phrase that follows "waiting: ". */
export const podWaits = (pod: StepPod): string => {
  const unscheduled = schedulingProblem(pod);
  if (unscheduled !== undefined) return unscheduled;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.flatMap(({ state }) => (state?.waiting?.reason ? [state.waiting] : []));
  const pull = waiting.find(({ reason }) => pullReasons.test(reason ?? ''));
  if (pull) return `an image cannot be pulled (${withMessage(pull.reason, pull.message)})`;
  const other = waiting.find(({ reason }) => reason !== 'ContainerCreating' && reason !== 'PodInitializing');
  return other ? withMessage(other.reason, other.message) : 'the containers are being created';
};
