import type { Condition, ContainerStatus, Pod } from '../kubernetes/types.ts';
import { decodeMessage, internalType, valuesOf } from './termination.ts';

export type TaskCondition = { status: Condition['status']; reason: string; message: string };

/** Returns the condition of a TaskRun from the status of its pod, with Tekton's messages. */
export const judgePod = (pod: Pod): TaskCondition => {
  const phase = pod.status?.phase ?? 'Pending';
  if (phase === 'Succeeded') return verdict('True', 'Succeeded', 'All Steps have completed executing');
  if (phase === 'Failed') return failure(pod);
  if (phase === 'Running') return verdict('Unknown', 'Running', 'Not all Steps in the Task have finished executing');
  return waiting(pod);
};

const verdict = (status: Condition['status'], reason: string, message: string): TaskCondition => ({
  status,
  reason,
  message,
});

const containers = ({ status }: Pod): ContainerStatus[] => status?.containerStatuses ?? [];

const waiting = (pod: Pod): TaskCondition => {
  for (const { name, state } of containers(pod)) {
    const message = state.waiting?.message;
    if (!message) continue;
    const text = `build step ${JSON.stringify(name)} is pending with reason ${JSON.stringify(message)}`;
    return verdict('Unknown', isPull(state.waiting?.reason) ? 'PullImageFailed' : 'Pending', text);
  }
  const open = pod.status?.conditions?.find(({ status }) => status !== 'True');
  if (!open) return verdict('Unknown', 'Pending', 'Pending');
  const said = `pod status "${open.type}":"${open.status}"; message: ${JSON.stringify(open.message ?? '')}`;
  return verdict('Unknown', 'Pending', said);
};

const isPull = (reason: string | undefined): boolean => reason === 'ErrImagePull' || reason === 'ImagePullBackOff';

/** Returns the condition of a TaskRun whose image cannot be pulled; undefined while the pull may still succeed. */
export const pullFailure = (pod: Pod, runName: string): TaskCondition | undefined => {
  const stuck = containers(pod).find(({ state }) => state.waiting?.reason === 'ImagePullBackOff');
  if (!stuck) return undefined;
  const step = stuck.name.replace(/^step-/, '');
  const said = `The pod errored with the message: "${stuck.state.waiting?.message}."`;
  const message = `the step "${step}" in TaskRun "${runName}" failed to pull the image "${stuck.imageID}". ${said}`;
  return verdict('False', 'TaskRunImagePullFailed', message);
};

const failure = (pod: Pod): TaskCondition => {
  if (pod.status?.reason) return verdict('False', pod.status.reason, pod.status.message ?? pod.status.reason);
  const broken = containers(pod).find(({ state }) => (state.terminated?.exitCode ?? 0) !== 0);
  if (!broken) return verdict('False', 'Failed', 'build failed for unspecified reasons.');
  const { exitCode, reason, message } = broken.state.terminated ?? { exitCode: 1, reason: 'Error' };
  const title = JSON.stringify(broken.name);
  if (valuesOf(decodeMessage(message), internalType).get('Reason') === 'TimeoutExceeded') {
    return verdict('False', 'StepFailed', `${title} exited because the step exceeded the specified timeout limit`);
  }
  return verdict('False', 'StepFailed', `${title} exited with code ${exitCode}: ${reason}`);
};
