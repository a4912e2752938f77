import type { BuildStatus } from '../../openapi/generated/types.ts';
import type { Ending } from '../ledger/types.ts';
import { registryRefusal } from './registry-refusals.ts';
import { builderOf, envvarsOf } from './run.ts';
import type { Condition, PipelineRun, StepState, TaskRun } from './types.ts';

/**
 * Returns the last lines of a failed step's log, with secrets masked. Empty when the step wrote no line or when clients
 * may not read its log. The secrets among the build's environment variables are masked by value.
 */
export type FailureExcerpt = (step: StepState, envvars?: Readonly<Record<string, string>>) => string;

/** Returns the condition of a PipelineRun or TaskRun that says whether it succeeded, failed or still runs. */
export const succeededCondition = (object: { status?: { conditions?: Condition[] } }): Condition | undefined =>
  object.status?.conditions?.find(({ type }) => type === 'Succeeded');

const cancelReasons = new Set(['PipelineRunCancelled', 'Cancelled', 'CancelledRunFinally', 'StoppedRunFinally']);

const failedStatus = (reason: string | undefined): BuildStatus => {
  if (reason === 'PipelineRunTimeout') return 'BUILD_TIMEOUT';
  return cancelReasons.has(reason ?? '') ? 'BUILD_CANCELLED' : 'BUILD_FAILURE';
};

/** Returns the status of a build from its PipelineRun's condition Succeeded, by the same mapping as builds-api 2. */
export const statusOf = (run: PipelineRun): BuildStatus => {
  const condition = succeededCondition(run);
  if (!condition) return 'BUILD_PENDING';
  if (condition.status === 'True') return 'BUILD_SUCCESS';
  if (condition.status === 'False') return failedStatus(condition.reason);
  if (condition.reason === 'Running' || condition.reason === 'Started') return 'BUILD_RUNNING';
  return condition.reason === 'PipelineRunPending' ? 'BUILD_PENDING' : 'BUILD_UNKNOWN';
};

/** Tells whether a PipelineRun has ended, with success or without. */
export const hasRunEnded = (run: PipelineRun): boolean =>
  ['True', 'False'].includes(succeededCondition(run)?.status ?? '');

/** Returns the step of a TaskRun that failed. Steps that Tekton skipped after the failure do not count. */
export const failedStep = (taskRun: TaskRun): StepState | undefined =>
  taskRun.status?.steps?.find(
    ({ terminated, terminationReason }) =>
      terminated && terminated.exitCode !== 0 && terminationReason !== 'Skipped' && terminated.reason !== 'Completed',
  );

/**
 * Meanings of the exit codes of a build's steps, by step and code.
 * @see https://buildpacks.io/docs/for-platform-operators/how-to/integrate-ci/
 */
const exitCodeMeanings: Record<string, Record<number, string>> = {
  clone: {
    // with-lifecycle.sh of the Pipeline exits with this code before the step begins.
    80: 'the builder image does not fit the Pipeline; an administrator must correct the settings of the images',
    128: 'the source could not be fetched',
  },
  // The exit codes of the step analyze must be the ones that the script analyze.sh of the Pipeline exits with.
  analyze: {
    78: "the registry's credentials are missing; an administrator must create the Secret registry-credentials",
    79: 'the run image can not be read; an administrator must check the run images of the settings (RUNNER) and the credentials',
  },
  detect: {
    20: 'no buildpack recognises this repository',
    21: 'a buildpack failed while it looked at this repository',
  },
  build: { 51: 'a buildpack failed' },
};

const stepMessage = (run: PipelineRun, step: StepState, failureExcerpt: FailureExcerpt): string => {
  const { exitCode = 0, reason } = step.terminated ?? {};
  const meaning = exitCodeMeanings[step.name]?.[exitCode] ?? registryRefusal(step);
  const why = reason === 'OOMKilled' ? 'it ran out of memory' : meaning;
  const sentence = `Step ${step.name} failed with exit code ${exitCode}${why ? `: ${why}` : ''}.`;
  const excerpt = failureExcerpt(step, envvarsOf(run));
  return excerpt ? `${sentence}\n${excerpt}` : sentence;
};

const failureMessage = (run: PipelineRun, taskRun: TaskRun | undefined, failureExcerpt: FailureExcerpt): string => {
  const step = taskRun && failedStep(taskRun);
  const condition = (taskRun && succeededCondition(taskRun)) ?? succeededCondition(run);
  const hasStepFailed = condition?.reason === 'StepFailed' || condition?.reason === 'StepOOM';
  if (step && hasStepFailed) return stepMessage(run, step, failureExcerpt);
  return [condition?.reason, condition?.message].filter(Boolean).join(': ');
};

const messageOf = (
  run: PipelineRun,
  taskRun: TaskRun | undefined,
  status: BuildStatus,
  failureExcerpt: FailureExcerpt,
): string => {
  if (status === 'BUILD_SUCCESS') return 'The build succeeded.';
  if (status === 'BUILD_CANCELLED') return 'The build was cancelled.';
  if (status === 'BUILD_TIMEOUT')
    return `The build took longer than ${run.spec.timeouts?.pipeline ?? 'it may'} and was stopped.`;
  return failureMessage(run, taskRun, failureExcerpt);
};

const isTime = (text: string | undefined): boolean => !Number.isNaN(Date.parse(text ?? ''));

/**
 * Returns how a PipelineRun ended: status, message, time, builder image and image digest. Undefined while the run has not ended.
 * @param taskRun the run's TaskRun, which says why a build failed. Undefined when the caller needs no reason
 */
export const endingOf = (
  run: PipelineRun,
  taskRun: TaskRun | undefined,
  now: Date,
  failureExcerpt: FailureExcerpt,
): Ending | undefined => {
  if (!hasRunEnded(run)) return undefined;
  const status = statusOf(run);
  const found: unknown = run.status?.results?.find(({ name }) => name === 'APP_IMAGE_DIGEST')?.value;
  const digest = typeof found === 'string' ? found.trim() : '';
  const builder = builderOf(run);
  return {
    status,
    message: messageOf(run, taskRun, status, failureExcerpt),
    finishedAt:
      [run.status?.completionTime, succeededCondition(run)?.lastTransitionTime].find(isTime) ?? now.toISOString(),
    ...(digest ? { digest } : {}),
    ...(builder ? { builder } : {}),
  };
};
