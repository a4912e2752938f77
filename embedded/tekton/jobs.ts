import { randomUUID } from 'node:crypto';
import { generatedName } from '../kubernetes/names.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Condition, Draft, Job, JobStatus, Pod } from '../kubernetes/types.ts';
import type { Context } from './context.ts';
import { change, ownedBy } from './context.ts';
import { stoppedReason } from './recovery.ts';

type Later = (milliseconds: number) => void;

const defaultBackoffLimit = 6;
const maxBackoffMs = 360_000;

/**
 * Reconciles a Job: makes its pod, makes another pod after a failure, ends and removes the Job. A Job has one pod at a
 * time.
 * @param retryMs delay before the first retry in milliseconds; the delay doubles up to 6 minutes
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export const reconcileJob = (context: Context, job: Job, later: Later, retryMs: number): void => {
  if (job.metadata.deletionTimestamp) return;
  const end = finishedAt(job);
  if (end !== undefined) return void removeLater(context, job, end, later);
  const pods = podsOf(context, job);
  if (pods.some(({ status }) => status?.phase === 'Succeeded')) return void complete(context, job, pods);
  if (isLate(context, job, later)) {
    return void fail(context, job, pods, 'DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  const failures = pods.filter(isFailure).length;
  if (failures > (job.spec.backoffLimit ?? defaultBackoffLimit)) {
    return void fail(context, job, pods, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (!pods.some(isActive)) startPod(context, job, pods, failures, later, retryMs);
  report(context, job, podsOf(context, job), {});
};

const finishedAt = ({ status }: Job): number | undefined => {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => ['Complete', 'Failed'].includes(type) && holds === 'True',
  );
  return end?.lastTransitionTime === undefined ? undefined : Date.parse(end.lastTransitionTime);
};

const removeLater = ({ objects, clock }: Context, { spec, metadata }: Job, end: number, later: Later): void => {
  if (spec.ttlSecondsAfterFinished === undefined) return;
  const left = end + spec.ttlSecondsAfterFinished * 1000 - clock();
  if (left > 0) later(left);
  else objects.delete('jobs', metadata.namespace, metadata.name, { uid: metadata.uid });
};

const podsOf = ({ objects }: Context, { metadata }: Job): Pod[] =>
  objects
    .list('pods', metadata.namespace)
    .filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));

const isActive = ({ status, metadata }: Pod): boolean =>
  !metadata.deletionTimestamp && !['Succeeded', 'Failed'].includes(status?.phase ?? '');

/**
 * Tells whether a pod counts as a failure of its Job. A pod that ended because the embedded platform stopped does not
 * count, and the Job gets another pod.
 */
const isFailure = ({ status }: Pod): boolean => status?.phase === 'Failed' && status.reason !== stoppedReason;

const isLate = ({ clock }: Context, { spec, status }: Job, later: Later): boolean => {
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime) return false;
  const left = Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - clock();
  if (left > 0) later(left);
  return left <= 0;
};

const startPod = (context: Context, job: Job, pods: Pod[], failures: number, later: Later, retryMs: number): void => {
  const last = Math.max(0, ...pods.filter(isFailure).map(endOf));
  const wait = failures === 0 ? 0 : Math.min(retryMs * 2 ** (failures - 1), maxBackoffMs);
  const left = last + wait - context.clock();
  if (left > 0) later(left);
  else context.objects.create('pods', jobPod(job));
};

const endOf = ({ status }: Pod): number => {
  const ends = status?.containerStatuses?.map(({ state }) => Date.parse(state.terminated?.finishedAt ?? '')) ?? [];
  return Math.max(0, ...ends.filter((time) => !Number.isNaN(time)));
};

const jobPod = (job: Job): Draft<Pod> => {
  const { name, namespace, uid } = job.metadata;
  const { metadata = {}, spec } = job.spec.template;
  const identity = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: generatedName(`${name}-`),
      namespace,
      uid: randomUUID(),
      labels: { ...metadata.labels, ...identity },
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
      ownerReferences: ownedBy(job),
    },
    spec,
  };
};

const complete = (context: Context, job: Job, pods: Pod[]): void => {
  const now = seconds(context.clock());
  const message = 'Reached expected number of succeeded pods';
  const met = { type: 'SuccessCriteriaMet', reason: 'CompletionsReached' };
  const done = { type: 'Complete', reason: 'CompletionsReached' };
  const conditions = [met, done].map(
    (what): Condition => ({ ...what, status: 'True', lastTransitionTime: now, message }),
  );
  report(context, job, pods, { completionTime: now, conditions });
};

const fail = (context: Context, job: Job, pods: Pod[], reason: string, message: string): void => {
  const now = seconds(context.clock());
  const conditions = ['FailureTarget', 'Failed'].map(
    (type): Condition => ({ type, status: 'True', lastTransitionTime: now, reason, message }),
  );
  const { objects } = context;
  for (const { metadata } of pods.filter(isActive)) {
    objects.delete('pods', metadata.namespace, metadata.name, { uid: metadata.uid });
  }
  report(context, job, podsOf(context, job), { conditions });
};

const report = ({ objects, clock }: Context, job: Job, pods: Pod[], end: Partial<JobStatus>): void => {
  const count = (phase: string) => pods.filter(({ status }) => status?.phase === phase).length;
  const active = pods.filter(isActive).length;
  const failed = pods.filter(isFailure).length;
  change(objects, 'jobs', job, 'status', (copy) => {
    copy.status = {
      startTime: copy.status?.startTime ?? seconds(clock()),
      ...(active > 0 ? { active, ready: count('Running') } : {}),
      ...(count('Succeeded') > 0 ? { succeeded: count('Succeeded') } : {}),
      ...(failed > 0 ? { failed } : {}),
      ...end,
    };
  });
};
