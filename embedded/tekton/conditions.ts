import { seconds } from '../kubernetes/time.ts';
import type { Condition } from '../kubernetes/types.ts';

type WithConditions = { status?: { conditions?: Condition[] } };

/** The Succeeded condition, which tells how a run goes. */
export const succeeded = ({ status }: WithConditions): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Succeeded');

/** Whether a run has ended, well or not. */
export const isDone = (run: WithConditions): boolean => {
  const status = succeeded(run)?.status;
  return status === 'True' || status === 'False';
};

/** The conditions of a run after this one: the time changes only when something else does. */
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
