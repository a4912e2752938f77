import { createHash } from 'node:crypto';
import { seconds } from '../kubernetes/time.ts';
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  Terminated,
} from '../kubernetes/types.ts';

const initializingState: ContainerState = { waiting: { reason: 'PodInitializing' } };

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Returns an image id with a digest of the image's name, because the embedded platform pulls no images. */
const imageId = (image: string): string =>
  `${image.replace(/(@sha256:[0-9a-f]+|:[\w.-]+)$/, '')}@sha256:${digest(image)}`;

export const containerId = (pod: Pod, container: string): string =>
  `containerd://${digest(`${pod.metadata.uid}/${container}`)}`;

const statusOf = ({ name, image }: Container, state: ContainerState): ContainerStatus => {
  const started = state.running !== undefined;
  const id = state.waiting ? '' : imageId(image);
  return { name, image, imageID: id, ready: started, started, restartCount: 0, state };
};

const condition = (type: string, holds: boolean, reason?: string, message?: string): PodCondition => ({
  type,
  status: holds ? 'True' : 'False',
  ...(reason ? { reason } : {}),
  ...(message ? { message } : {}),
});

const names = (containers: readonly { name: string }[]): string => `[${containers.map(({ name }) => name).join(' ')}]`;

const conditions = (
  pod: Pod,
  sandbox: boolean,
  uninitialized: readonly Container[],
  ready: boolean,
): PodCondition[] => {
  const incomplete = `containers with incomplete status: ${names(uninitialized)}`;
  const unready = `containers with unready status: ${names(pod.spec.containers)}`;
  const initialized = sandbox && uninitialized.length === 0;
  return [
    condition('PodReadyToStartContainers', sandbox),
    initialized
      ? condition('Initialized', true)
      : condition('Initialized', false, 'ContainersNotInitialized', incomplete),
    ready ? condition('Ready', true) : condition('Ready', false, 'ContainersNotReady', unready),
    ready ? condition('ContainersReady', true) : condition('ContainersReady', false, 'ContainersNotReady', unready),
    condition('PodScheduled', true),
  ];
};

/**
 * Returns the status of a pod while its init containers run.
 * @param done number of init containers that have ended; undefined before the pod's sandbox exists
 */
export const initializing = (pod: Pod, done: number | undefined, now: number): PodStatus => {
  const inits = pod.spec.initContainers ?? [];
  const finished: ContainerState = {
    terminated: { exitCode: 0, reason: 'Completed', startedAt: seconds(now), finishedAt: seconds(now) },
  };
  return {
    phase: 'Pending',
    startTime: seconds(now),
    conditions: conditions(pod, done !== undefined, inits.slice(done ?? 0), false),
    initContainerStatuses: inits.map((init, at) => statusOf(init, at < (done ?? 0) ? finished : initializingState)),
    containerStatuses: pod.spec.containers.map((container) => statusOf(container, initializingState)),
  };
};

/**
 * Returns the status of a pod while its containers run. All containers count as running, because Tekton's entrypoint
 * makes each container wait for the container before.
 */
export const running = (pod: Pod, before: PodStatus, now: number): PodStatus => {
  const startedAt = seconds(now);
  return {
    ...before,
    phase: 'Running',
    conditions: conditions(pod, true, [], true),
    containerStatuses: pod.spec.containers.map((container) => statusOf(container, { running: { startedAt } })),
  };
};

/** Returns the status of a pod whose images cannot be pulled. The pod stays pending. */
export const unpullable = (pod: Pod, before: PodStatus, missing: ReadonlySet<string>, backOff: boolean): PodStatus => {
  const state = (image: string): ContainerState => {
    const reference = image.includes('/') ? image : `docker.io/library/${image}`;
    const cause = `rpc error: code = NotFound desc = failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;
    if (!backOff) return { waiting: { reason: 'ErrImagePull', message: cause } };
    return {
      waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${cause}` },
    };
  };
  const containerStatuses = pod.spec.containers.map((container) =>
    statusOf(container, missing.has(container.image) ? state(container.image) : initializingState),
  );
  return { ...before, containerStatuses };
};

/** Returns the status of a pod after one container has ended. */
export const withTerminated = (before: PodStatus, name: string, terminated: Terminated): PodStatus => {
  const containerStatuses = before.containerStatuses?.map((status) =>
    status.name === name ? { ...status, ready: false, started: false, state: { terminated } } : status,
  );
  return { ...before, ...(containerStatuses ? { containerStatuses } : {}) };
};

/** Returns the status of a pod in which every container that had not ended gets the end state `terminated`. */
export const withAllTerminated = (before: PodStatus, terminated: Terminated): PodStatus => {
  const open = before.containerStatuses?.filter(({ state }) => !state.terminated) ?? [];
  return open.reduce((status, { name }) => withTerminated(status, name, terminated), before);
};

/** Returns the status of a pod after all its containers have ended. */
export const finished = (before: PodStatus): PodStatus => {
  const failed = before.containerStatuses?.some(({ state }) => state.terminated?.exitCode !== 0) ?? true;
  const conditions = before.conditions?.map((old) =>
    ['Ready', 'ContainersReady'].includes(old.type)
      ? condition(old.type, false, failed ? 'PodFailed' : 'PodCompleted')
      : old,
  );
  return { ...before, phase: failed ? 'Failed' : 'Succeeded', ...(conditions ? { conditions } : {}) };
};
