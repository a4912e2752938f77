import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ObjectStore } from '../kubernetes/store.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Container, EnvVar, Pod, Terminated } from '../kubernetes/types.ts';
import type { Context } from './context.ts';
import type { PodFolder } from './pod-folder.ts';
import { containerId } from './pod-status.ts';
import type { ProcessEnd } from './run-process.ts';
import { runProcess } from './run-process.ts';
import type { Variables } from './substitute.ts';
import { substitute, substituteList } from './substitute.ts';
import type { MessageEntry } from './termination.ts';
import { encodeMessage, internal, readResults, stepResultType, taskResultType, tooLongMessage } from './termination.ts';

/**
 * Names of the results that a step's container may write, and the timeout of the step in milliseconds. They come from
 * the TaskRun, because the pod does not hold them.
 */
export type StepPlan = { stepResults: string[]; taskResults: string[]; timeoutMs: number | undefined };

export type ContainerRun = {
  pod: Pod;
  container: Container;
  plan: StepPlan;
  folder: PodFolder;
  /** Environment variables of the container's image. */
  imageEnv: Record<string, string>;
  /** Results of the pod's earlier steps, as variables `steps.NAME.results.RESULT`. */
  variables: Variables;
  graceMs: number;
  signal: AbortSignal;
};

/**
 * Runs a container's command as a process on this machine.
 * @returns the state of the ended container, with its results as Tekton's entrypoint reports them
 */
export const runContainer = async (context: Context, run: ContainerRun): Promise<Terminated> => {
  const { objects, clock } = context;
  const { pod, container, folder, variables } = run;
  const cwd = resolve(folder.workspace, substitute(container.workingDir ?? '.', variables));
  mkdirSync(cwd, { recursive: true });
  for (const name of run.plan.stepResults)
    mkdirSync(dirname(folder.stepResult(container.name, name)), { recursive: true });
  let results: MessageEntry[] = [];
  const outcome = await runProcess({
    command: [...substituteList([...(container.command ?? []), ...(container.args ?? [])], variables)],
    cwd,
    env: environment(objects, run),
    folder,
    logFile: objects.logFile(pod.metadata.uid, container.name),
    timeoutMs: run.plan.timeoutMs,
    graceMs: run.graceMs,
    signal: run.signal,
    clock,
    epilogue: ({ timedOut }) => {
      results = readAll(run);
      if (timedOut) return 'context deadline exceeded';
      return encodeMessage(results) === undefined ? tooLongMessage : undefined;
    },
  });
  return terminated(run, outcome, results);
};

const readAll = ({ plan, folder, container }: ContainerRun): MessageEntry[] => {
  const steps = plan.stepResults.map((name): [string, string] => [name, folder.stepResult(container.name, name)]);
  const tasks = plan.taskResults.map((name): [string, string] => [name, resolve(folder.results, name)]);
  return [...readResults(taskResultType, tasks), ...readResults(stepResultType, steps)];
};

const terminated = ({ pod, container }: ContainerRun, outcome: ProcessEnd, results: MessageEntry[]): Terminated => {
  const { exitCode, startedAt, finishedAt, timedOut } = outcome;
  const reason = timedOut ? [internal('Reason', 'TimeoutExceeded')] : [];
  const message = encodeMessage([...results, ...reason]) ?? encodeMessage(reason);
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message && message !== '[]' ? { message } : {}),
    startedAt: seconds(startedAt),
    finishedAt: seconds(finishedAt),
    containerID: containerId(pod, container.name),
  };
};

/**
 * Returns the environment variables of a container. They include no variables of the platform's own environment but
 * PATH and LANG.
 */
const environment = (objects: ObjectStore, { folder, imageEnv, pod, container, variables }: ContainerRun) => {
  const usual = {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: process.env.LANG ?? 'C.UTF-8',
    ...imageEnv,
    HOME: folder.home,
    TMPDIR: folder.tmp,
    HOSTNAME: pod.metadata.name,
  };
  const own = (container.env ?? []).flatMap((variable): [string, string][] => {
    const value = environmentValue(objects, pod.metadata.namespace, variable);
    return value === undefined ? [] : [[variable.name, substitute(value, variables)]];
  });
  return Object.fromEntries([...Object.entries<string>(usual), ...own]);
};

const environmentValue = (
  objects: ObjectStore,
  namespace: string,
  { value, valueFrom }: EnvVar,
): string | undefined => {
  const reference = valueFrom?.secretKeyRef;
  if (!reference) return value ?? '';
  const data = objects.get('secrets', namespace, reference.name)?.data?.[reference.key];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
};
