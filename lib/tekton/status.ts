import type { Status } from '../../openapi/generated/types.ts';
import type { Ending } from '../ledger/types.ts';
import type { FailureExcerpt } from '../logs/masking/failure-excerpt.ts';
import type { Condition, PipelineRun, StepState, TaskRun } from './types.ts';

export const succeededCondition = (object: { status?: { conditions?: Condition[] } }): Condition | undefined =>
  object.status?.conditions?.find(({ type }) => type === 'Succeeded');

const cancelReasons = new Set(['PipelineRunCancelled', 'Cancelled', 'CancelledRunFinally', 'StoppedRunFinally']);

const failure = (reason: string | undefined): Status => {
  if (reason === 'PipelineRunTimeout') return 'BUILD_TIMEOUT';
  return cancelReasons.has(reason ?? '') ? 'BUILD_CANCELLED' : 'BUILD_FAILURE';
};

/** A run's Succeeded condition as the API's status, as builds-api 2 maps it. */
export const statusOf = (run: PipelineRun): Status => {
  const condition = succeededCondition(run);
  if (!condition) return 'BUILD_PENDING';
  if (condition.status === 'True') return 'BUILD_SUCCESS';
  if (condition.status === 'False') return failure(condition.reason);
  if (condition.reason === 'Running' || condition.reason === 'Started') return 'BUILD_RUNNING';
  return condition.reason === 'PipelineRunPending' ? 'BUILD_PENDING' : 'BUILD_UNKNOWN';
};

export const hasRunEnded = (run: PipelineRun): boolean =>
  ['True', 'False'].includes(succeededCondition(run)?.status ?? '');

/** The step that broke: the one that neither completed nor was skipped because of it. */
export const failedStep = (taskRun: TaskRun): StepState | undefined =>
  taskRun.status?.steps?.find(
    ({ terminated, terminationReason }) =>
      terminated && terminated.exitCode !== 0 && terminationReason !== 'Skipped' && terminated.reason !== 'Completed',
  );

/** Exit codes that say more than their number. @see https://buildpacks.io/docs/for-platform-operators/how-to/integrate-ci/ */
const explanations: Record<string, Record<number, string>> = {
  clone: { 128: 'the source could not be fetched' },
  // knative/pipeline/steps/analyze.sh
  analyze: {
    78: "the registry's credentials are missing; an administrator must create the Secret registry-credentials",
    79: 'the run image can not be read; an administrator must check the setting RUN_IMAGE and the credentials',
  },
  detect: {
    20: 'no buildpack recognises this repository',
    21: 'a buildpack failed while it looked at this repository',
  },
  build: { 51: 'a buildpack failed' },
};

const stepMessage = (step: StepState, lastWords: FailureExcerpt): string => {
  const { exitCode = 0, reason } = step.terminated ?? {};
  const why = reason === 'OOMKilled' ? 'it ran out of memory' : explanations[step.name]?.[exitCode];
  const tail = lastWords(step);
  const head = `Step ${step.name} failed with exit code ${exitCode}${why ? `: ${why}` : ''}.`;
  return tail ? `${head}\n${tail}` : head;
};

const failureMessage = (run: PipelineRun, taskRun: TaskRun | undefined, lastWords: FailureExcerpt): string => {
  const step = taskRun && failedStep(taskRun);
  const condition = (taskRun && succeededCondition(taskRun)) ?? succeededCondition(run);
  const isStepsFault = condition?.reason === 'StepFailed' || condition?.reason === 'StepOOM';
  if (step && isStepsFault) return stepMessage(step, lastWords);
  return [condition?.reason, condition?.message].filter(Boolean).join(': ');
};

const messageOf = (
  run: PipelineRun,
  taskRun: TaskRun | undefined,
  status: Status,
  lastWords: FailureExcerpt,
): string => {
  if (status === 'BUILD_SUCCESS') return 'The build succeeded.';
  if (status === 'BUILD_CANCELLED') return 'The build was cancelled.';
  if (status === 'BUILD_TIMEOUT')
    return `The build took longer than ${run.spec.timeouts?.pipeline ?? 'it may'} and was stopped.`;
  return failureMessage(run, taskRun, lastWords);
};

/** How a run ended; undefined while it hasn't. The TaskRun says why when it failed. */
export const endingOf = (
  run: PipelineRun,
  taskRun: TaskRun | undefined,
  now: Date,
  lastWords: FailureExcerpt,
): Ending | undefined => {
  if (!hasRunEnded(run)) return undefined;
  const status = statusOf(run);
  const digest = run.status?.results?.find(({ name }) => name === 'APP_IMAGE_DIGEST')?.value.trim();
  return {
    status,
    message: messageOf(run, taskRun, status, lastWords),
    finishedAt: run.status?.completionTime ?? succeededCondition(run)?.lastTransitionTime ?? now.toISOString(),
    ...(digest ? { digest } : {}),
  };
};
