import { existsSync, readdirSync } from 'node:fs';
import { seconds } from '../kubernetes/time.ts';
import type { Pod, PodStatus } from '../kubernetes/types.ts';
import { type Group, killGroup, markerOf, recordedLeader } from '../processes.ts';
import type { Context } from './context.ts';
import { change } from './context.ts';
import { podFolder, podsFolder, removePodFolder } from './pod-folder.ts';
import { finished, withAllTerminated, withTerminated } from './pod-status.ts';
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
  await killGroup(leftProcesses(folder));
  removeUsedFolders(folder);
  for (const uid of foldersIn(podsFolder(folder))) if (!objects.has(uid)) removePodFolder(podFolder(folder, uid));
  for (const pod of objects.list('pods')) if (pod.status?.phase === 'Running') markStopped(context, pod);
};

/**
 * Returns the processes that the pods of an embedded platform have left running, which was killed or is ending.
 * @param folder the platform's folder of Tekton
 */
export const leftProcesses = (folder: string): Group => {
  const pods = podsFolder(folder);
  const leaders = foldersIn(pods).flatMap((uid) => recordedLeader(podFolder(folder, uid).record));
  return { leaders, marker: markerOf(pods) };
};

/**
 * Removes the folders of pods whose processes have started and ended: no process will use the folder again. A pod that
 * waits for its start keeps the folder with its scripts.
 * @param folder the platform's folder of Tekton
 */
export const removeUsedFolders = (folder: string): void => {
  for (const uid of foldersIn(podsFolder(folder))) {
    const pod = podFolder(folder, uid);
    if (existsSync(pod.record)) removePodFolder(pod);
  }
};

const foldersIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
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
