import { expect, test } from '@jest/globals';
import { createFailureExcerpt } from '../../../../lib/logs/masking/failure-excerpt.ts';
import { endingOf } from '../../../../lib/tekton/status.ts';
import type { PipelineRun, TaskRun } from '../../../../lib/tekton/types.ts';

const failed = { type: 'Succeeded', status: 'False', reason: 'StepFailed' };

const messageOf = (name: string, exitCode: number): string | undefined => {
  const terminated = { exitCode, reason: 'Error' };
  const results = [{ name: 'failure', value: 'registry responded: Basic cm9ib3Q6c2VjcmV0' }];
  const taskRun = { status: { conditions: [failed], steps: [{ name, terminated, results }] } } as unknown as TaskRun;
  const run = { spec: {}, status: { conditions: [{ ...failed, reason: 'Failed' }] } } as unknown as PipelineRun;
  return endingOf(run, taskRun, new Date(0), createFailureExcerpt(['build']))?.message;
};

test.each([
  [
    78,
    "Step analyze failed with exit code 78: the registry's credentials are missing; an administrator must create the Secret registry-credentials.",
  ],
  [
    79,
    'Step analyze failed with exit code 79: the run image can not be read; an administrator must check the setting RUN_IMAGE and the credentials.',
  ],
  [1, 'Step analyze failed with exit code 1.'],
])(
  'the message of a failed step that holds credentials explains exit code %d and shows no output',
  (exitCode, message) => expect(messageOf('analyze', exitCode)).toBe(message),
);
