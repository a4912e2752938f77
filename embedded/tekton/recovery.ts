import { readdirSync, readFileSync } from 'node:fs';
import { seconds } from '../kubernetes/time.ts';
import type { Pod, PodStatus } from '../kubernetes/types.ts';
import type { Context } from './context.ts';
import { change } from './context.ts';
import { marker, podFolder, podsFolder, removePodFolder } from './pod-folder.ts';
import { finished, withAllTerminated, withTerminated } from './pod-status.ts';
import type { Group } from './processes.ts';
import { killGroup } from './processes.ts';
import { encodeMessage, internal } from './termination.ts';

/** Reason in the status of a pod or TaskRun that ended because the embedded platform stopped. */
export const stoppedReason = 'PlatformStopped';

const killedExitCode = 137;

/**
 * Clears up after an embedded platform that was killed: kills its processes, removes the folders of deleted pods, and
 * ends the pods that ran. Pods that had not started are left for the kubelet to start.
 */
export const recover = async (context: Context): Promise<void> => {
  const { objects, folder } = context;
  for (const uid of foldersIn(podsFolder(folder))) {
    await killGroup(leftGroup(context, uid));
    if (!objects.has(uid)) removePodFolder(podFolder(folder, uid));
  }
  for (const pod of objects.list('pods')) if (pod.status?.phase === 'Running') markStopped(context, pod);
};

const foldersIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/**
 * Returns the processes that a killed platform left of a pod: the recorded process, and all whose environment contains
 * the pod's marker.
 */
const leftGroup = ({ folder, log }: Context, uid: string): Group => {
  const { record, ...rest } = podFolder(folder, uid);
  const nobody = { leader: undefined, startTime: undefined, marker: marker({ record, ...rest }) };
  try {
    return { ...nobody, ...(JSON.parse(readFileSync(record, 'utf8')) as Group) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log(`reading the process record of pod ${uid} failed`, error);
    return nobody;
  }
};

const markStopped = ({ objects, clock }: Context, pod: Pod): void => {
  const now = seconds(clock());
  change(objects, 'pods', pod, 'status', (copy) => {
    copy.status = { ...stopped(copy.status ?? { phase: 'Running' }, now), reason: stoppedReason };
  });
};

const stopped = (status: PodStatus, now: string): PodStatus => {
  const current = status.containerStatuses?.find(({ state }) => !state.terminated);
  if (!current) return finished(status);
  const startedAt = current.state.running?.startedAt;
  const killed = { exitCode: killedExitCode, reason: 'Error', ...(startedAt ? { startedAt } : {}), finishedAt: now };
  const message = encodeMessage([internal('Reason', 'Skipped')]) ?? '';
  const skipped = { exitCode: 1, reason: 'Error', message, finishedAt: now };
  const ended = withAllTerminated(withTerminated(status, current.name, killed), skipped);
  const title = current.name.startsWith('step-') ? `step ${current.name.slice(5)}` : `container ${current.name}`;
  return { ...finished(ended), message: `the platform stopped while ${title} ran` };
};
