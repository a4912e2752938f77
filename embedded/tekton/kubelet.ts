import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Change } from '../kubernetes/changes.ts';
import { entryParts } from '../kubernetes/container-log.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Container, Pod, PodStatus, Terminated } from '../kubernetes/types.ts';
import type { Context } from './context.ts';
import { change } from './context.ts';
import type { PodFolder } from './pod-folder.ts';
import { makePodFolder, podFolder, removePodFolder } from './pod-folder.ts';
import {
  containerId,
  finished,
  initializing,
  running,
  unpullable,
  withAllTerminated,
  withTerminated,
} from './pod-status.ts';
import { removeUsedFolders } from './recovery.ts';
import type { StepPlan } from './run-container.ts';
import { runContainer } from './run-container.ts';
import { goTime } from './run-process.ts';
import type { Variables } from './substitute.ts';
import { decodeMessage, encodeMessage, internal, stepResultType, valuesOf } from './termination.ts';

/** Returns the environment variables of a container image, or undefined when there is no such image. */
export type Images = (image: string) => { env: Record<string, string> } | undefined;

export type KubeletOptions = {
  images: Images;
  plan(pod: Pod, container: Container): StepPlan;
  graceMs: number;
};

export type Kubelet = { close(): Promise<void> };

/** Annotation with which Tekton ends the steps of a pod and keeps the pod. */
export const cancelAnnotation = 'tekton.dev/cancel';

type Running = { stop: AbortController; done: Promise<void> };
type Node = Context & KubeletOptions;
/**
 * Reason for ending a pod's processes. With `closing` the kubelet does not write the pod's status, because the next
 * start of the platform does.
 */
type Reason = 'cancelled' | 'deleted' | 'closing';

/** Time in milliseconds between two changes of a starting pod's status, so that a watcher sees each of them. */
const phaseMs = 2;

/**
 * Runs the containers of pods as processes on this machine. As with Tekton's entrypoint, the containers of a pod run
 * one after another, and a container after a failed container is skipped. The processes of a deleted or cancelled pod
 * get SIGTERM at once and SIGKILL after `graceMs`.
 */
export const startKubelet = (context: Context, options: KubeletOptions): Kubelet => {
  const node: Node = { ...context, ...options };
  const pods = new Map<string, Running>();
  for (const pod of node.objects.list('pods')) startOrStop(node, pods, pod);
  const unsubscribe = node.objects.watch((event) => {
    if (event.kind.resource === 'pods') onChange(node, pods, event);
  });
  return {
    async close() {
      unsubscribe();
      const all = [...pods.values()];
      for (const { stop } of all) stop.abort('closing' satisfies Reason);
      await Promise.all(all.map(({ done }) => done));
      removeUsedFolders(node.folder);
    },
  };
};

const onChange = (node: Node, pods: Map<string, Running>, { type, object }: Change): void => {
  const pod = object as Pod;
  if (type === 'DELETED') void discard(node, pods, pod);
  else startOrStop(node, pods, pod);
};

const discard = async ({ folder, log }: Node, pods: Map<string, Running>, { metadata }: Pod): Promise<void> => {
  const run = pods.get(metadata.uid);
  pods.delete(metadata.uid);
  run?.stop.abort('deleted' satisfies Reason);
  await run?.done;
  try {
    removePodFolder(podFolder(folder, metadata.uid));
  } catch (error) {
    log('removing a pod folder failed', error);
  }
};

const startOrStop = (node: Node, pods: Map<string, Running>, pod: Pod): void => {
  const { uid, deletionTimestamp, annotations } = pod.metadata;
  const run = pods.get(uid);
  if (deletionTimestamp) run?.stop.abort('deleted' satisfies Reason);
  else if (annotations?.[cancelAnnotation] !== undefined) run?.stop.abort('cancelled' satisfies Reason);
  else if (!run && (pod.status?.phase ?? 'Pending') === 'Pending') begin(node, pods, pod);
};

const begin = (node: Node, pods: Map<string, Running>, pod: Pod): void => {
  const stop = new AbortController();
  const done = runPod(node, pod, stop.signal).catch((error: unknown) => reportFailure(node, pod, error));
  pods.set(pod.metadata.uid, { stop, done });
};

const reportFailure = (node: Node, pod: Pod, error: unknown): void => {
  node.log(`running pod ${pod.metadata.name} failed`, error);
  const now = seconds(node.clock());
  const terminated: Terminated = { exitCode: 128, reason: 'StartError', finishedAt: now };
  report(node, pod, (status) =>
    finished(
      withAllTerminated({ ...status, reason: 'Failed', message: 'the platform could not run the pod' }, terminated),
    ),
  );
};

const runPod = async (node: Node, pod: Pod, signal: AbortSignal): Promise<void> => {
  const folder = podFolder(node.folder, pod.metadata.uid);
  makePodFolder(folder);
  if (!(await initialize(node, pod, signal))) return;
  const run = { node, pod, folder, signal, variables: new Map() };
  let failed = false;
  for (const container of pod.spec.containers) {
    const terminated: Terminated = failed || signal.aborted ? skip(run, container) : await runOne(run, container);
    failed ||= terminated.exitCode !== 0;
    if (!isClosing(signal)) report(node, pod, (status) => withTerminated(status, container.name, terminated));
  }
  if (!isClosing(signal)) report(node, pod, finished);
};

const isClosing = (signal: AbortSignal): boolean => signal.reason === ('closing' satisfies Reason);

const report = ({ objects }: Node, pod: Pod, next: (status: PodStatus) => PodStatus): void => {
  change(objects, 'pods', pod, 'status', (copy) => {
    copy.status = next(copy.status ?? { phase: 'Pending' });
  });
};

/**
 * Writes the status of a starting pod, up to the start of its containers.
 * @returns true when the containers may start
 */
const initialize = async (node: Node, pod: Pod, signal: AbortSignal): Promise<boolean> => {
  const { clock } = node;
  const inits = pod.spec.initContainers?.length ?? 0;
  for (const done of [undefined, ...Array.from({ length: inits + 1 }, (_, at) => at)]) {
    if (signal.aborted) return endEarly(node, pod, signal);
    report(node, pod, () => initializing(pod, done, clock()));
    await pause(phaseMs);
  }
  const missing = new Set(pod.spec.containers.map(({ image }) => image).filter((image) => !node.images(image)));
  if (missing.size > 0) return failToPull(node, pod, missing, signal);
  if (signal.aborted) return endEarly(node, pod, signal);
  report(node, pod, (status) => running(pod, status, clock()));
  return true;
};

const endEarly = (node: Node, pod: Pod, signal: AbortSignal): false => {
  if (!isClosing(signal)) report(node, pod, (status) => ({ ...status, phase: 'Failed' }));
  return false;
};

const failToPull = async (node: Node, pod: Pod, missing: Set<string>, signal: AbortSignal): Promise<false> => {
  for (const backOff of [false, true]) {
    if (signal.aborted) return endEarly(node, pod, signal);
    report(node, pod, (status) => unpullable(pod, status, missing, backOff));
    await pause(phaseMs);
  }
  return false;
};

type PodRun = { node: Node; pod: Pod; folder: PodFolder; signal: AbortSignal; variables: Variables };

const runOne = async ({ node, pod, folder, signal, variables }: PodRun, container: Container): Promise<Terminated> => {
  const { graceMs } = node;
  const imageEnv = node.images(container.image)?.env ?? {};
  const plan = node.plan(pod, container);
  const terminated = await runContainer(node, { pod, container, plan, folder, imageEnv, variables, graceMs, signal });
  const step = container.name.replace(/^step-/, '');
  for (const [name, value] of valuesOf(decodeMessage(terminated.message), stepResultType)) {
    variables.set(`steps.${step}.results.${name}`, value);
  }
  return terminated;
};

/**
 * Ends a container that comes after a failed container: writes a line to its log and returns its state, as Tekton's
 * entrypoint does.
 */
const skip = ({ node, pod }: PodRun, { name }: Container): Terminated => {
  const now = node.clock();
  const file = node.objects.logFile(pod.metadata.uid, name);
  const time = new Date(now).toISOString().replace('Z', '000000Z');
  const line = Buffer.from(`${goTime(now)} Skipping step because a previous step failed`);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, Buffer.concat(entryParts(time, 'stderr', line, true)));
  const message = encodeMessage([internal('Reason', 'Skipped')]) ?? '';
  const times = { startedAt: seconds(now), finishedAt: seconds(now) };
  return { exitCode: 1, reason: 'Error', message, ...times, containerID: containerId(pod, name) };
};
