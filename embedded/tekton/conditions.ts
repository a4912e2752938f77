import { seconds } from '../kubernetes/time.ts';
import type { Condition } from '../kubernetes/types.ts';

type WithConditions = { status?: { conditions?: Condition[] } };

/** Returns the condition Succeeded of a PipelineRun or TaskRun, or undefined before the condition is set. */
export const succeeded = ({ status }: WithConditions): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Succeeded');

/** Tells whether a PipelineRun or TaskRun has ended, with success or without. */
export const isDone = (run: WithConditions): boolean => {
  const status = succeeded(run)?.status;
  return status === 'True' || status === 'False';
};

/**
 * Returns the next status.conditions of a PipelineRun or TaskRun. lastTransitionTime changes only when another field
 * changes.
 */
export const conditionsWith = (
  before: WithConditions,
  status: Condition['status'],
  reason: string,
  message: string,
  now: number,
): Condition[] => {
  const old = succeeded(before);
  if (old && old.status === status && old.reason === reason && old.message === message) return [old];
  return [{ type: 'Succeeded', status, lastTransitionTime: seconds(now), reason, message }];
};
