import { sleepUntilAborted } from '../../abort.ts';
import type { ReadKube } from '../../kube/client.ts';
import type { KubeList } from '../../kube/resources.ts';
import type { ContainerStatus, Pod } from '../../tekton/types.ts';

export type StepPod = Pod & { spec?: { containers?: { name: string }[] } };

/** The build's pod as it changes. Watching begins with the first wait, so a finished build costs one LIST. */
export type PodWatch = {
  current(): StepPod | undefined;
  /** There was one, and it is gone. */
  gone(): boolean;
  /** Asks the API server anew. */
  refresh(): Promise<void>;
  /** Until the pod has changed since the last call, or so many milliseconds. */
  change(ms: number): Promise<void>;
};

type Lookup = { kube: ReadKube; id: string; signal: AbortSignal };

/** `listed`: what was asked for beforehand. */
type Options = Lookup & { listed?: Promise<KubeList<StepPod>> | undefined };

const selectorOf = (id: string): string => `tekton.dev/pipelineRun=${id}`;

/** @param id of the build, which is its PipelineRun's name */
export const listPods = ({ kube, id, signal }: Lookup): Promise<KubeList<StepPod>> =>
  kube.list<StepPod>('pods', { labelSelector: selectorOf(id), signal });

const watchSeconds = 240;
const rewatchMs = 1000;
/** A watch can be dead without a word; then a LIST tells. */
const distrustMs = 30_000;

const oldest = (pods: StepPod[]): StepPod | undefined =>
  pods.sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0];

/** @param id as of listPods */
export const createPodWatch = ({ kube, id, signal, listed }: Options): PodWatch => {
  let first = listed;
  let pod: StepPod | undefined;
  let seen = false;
  let resourceVersion: string | undefined;
  let changes = 0;
  let noticed = 0;
  let watching = false;
  let heardAt = 0;
  const wakers = new Set<() => void>();

  const set = (next: StepPod | undefined): void => {
    if (
      next?.metadata.resourceVersion === pod?.metadata.resourceVersion &&
      (next === undefined) === (pod === undefined)
    )
      return;
    pod = next;
    seen ||= next !== undefined;
    changes += 1;
    for (const wake of wakers) wake();
  };

  const refresh = async (): Promise<void> => {
    const asked = first ?? listPods({ kube, id, signal });
    first = undefined;
    const list = await asked;
    resourceVersion = list.metadata.resourceVersion;
    heardAt = Date.now();
    set(oldest(list.items));
  };

  const followChanges = async (): Promise<void> => {
    const at = resourceVersion === undefined ? {} : { resourceVersion };
    for await (const { type, object } of kube.watch<StepPod>('pods', {
      labelSelector: selectorOf(id),
      timeoutSeconds: watchSeconds,
      signal,
      ...at,
    })) {
      heardAt = Date.now();
      if (type === 'BOOKMARK') continue;
      const mine = pod === undefined || pod.metadata.name === object.metadata.name;
      if (mine) set(type === 'DELETED' ? undefined : object);
    }
  };

  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      // A broken watch, or one whose version has expired, begins anew with a LIST.
      await followChanges().catch(() => undefined);
      await sleepUntilAborted(rewatchMs, signal);
      if (!signal.aborted) await refresh().catch(() => undefined);
    }
  };

  const waitForChange = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (!watching) {
        watching = true;
        void watch();
      }
      const wake = () => {
        clearTimeout(timer);
        wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        noticed = changes;
        resolve();
      };
      const timer = setTimeout(wake, changes === noticed ? ms : 0);
      wakers.add(wake);
      signal.addEventListener('abort', wake);
    });

  const change = async (ms: number): Promise<void> => {
    await waitForChange(ms);
    if (!signal.aborted && Date.now() - heardAt > distrustMs) await refresh().catch(() => undefined);
  };

  return { current: () => pod, gone: () => seen && pod === undefined, refresh, change };
};

const prefix = 'step-';

/** A step's container, and its name in the compatible text format. */
export const containerOf = (step: string): string => prefix + step;

/** The steps in their order; the kubelet sorts containerStatuses by name, so only the spec tells. */
export const stepsOf = (pod: StepPod): string[] =>
  (pod.spec?.containers ?? pod.status?.containerStatuses ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));

const statusOf = (pod: StepPod, step: string): ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === containerOf(step));

/**
 * Cancelled before Tekton let its steps begin. Their entrypoints wait for that word for ever, and hold the node's
 * processor and memory, so the pod has ended in all but name: seen with Tekton 1.15 and `keep-pod-on-cancel`.
 */
const isStillborn = ({ metadata: { annotations = {} } }: StepPod): boolean =>
  annotations['tekton.dev/cancel'] !== undefined && annotations['tekton.dev/ready'] === undefined;

const hasEnded = (pod: StepPod): boolean =>
  pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded' || isStillborn(pod);

/** never: the pod has ended without having started it. */
export type ContainerState = 'waiting' | 'running' | 'terminated' | 'never';

export const containerState = (pod: StepPod, step: string): ContainerState => {
  const state = statusOf(pod, step)?.state;
  if (state?.terminated) return 'terminated';
  if (state?.running && !isStillborn(pod)) return 'running';
  return hasEnded(pod) ? 'never' : 'waiting';
};

/** What became of a step whose log is not shown, as a phrase. */
export const stepResult = (pod: StepPod, step: string): string => {
  const ended = statusOf(pod, step)?.state?.terminated as
    | { exitCode: number; reason?: string; message?: string }
    | undefined;
  if (!ended || /"Skipped"/.test(ended.message ?? '')) return 'was not run';
  if (ended.exitCode === 0) return 'succeeded';
  return `failed with exit code ${ended.exitCode}${ended.reason && ended.reason !== 'Error' ? ` (${ended.reason})` : ''}`;
};

const pullReasons = /^(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)$/;

/** Why the pod's containers don't run yet, as a phrase after "waiting: ". */
export const podWaits = (pod: StepPod): string => {
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled)
    return `no node has room for the build yet (${unscheduled.message ?? unscheduled.reason ?? 'no reason given'})`;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.flatMap(({ state }) => (state?.waiting?.reason ? [state.waiting] : []));
  const pull = waiting.find(({ reason }) => pullReasons.test(reason ?? ''));
  if (pull) return `an image cannot be pulled (${pull.reason}${pull.message ? `: ${pull.message}` : ''})`;
  const other = waiting.find(({ reason }) => reason !== 'ContainerCreating' && reason !== 'PodInitializing');
  if (other) return `${other.reason}${other.message ? `: ${other.message}` : ''}`;
  return 'the containers are being created';
};
