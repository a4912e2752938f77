import { expect, test } from '@jest/globals';
import { createFailureExcerpt } from '../../../../lib/logs/masking/failure-excerpt.ts';
import { endingOf, failedStep, hasRunEnded, statusOf } from '../../../../lib/tekton/status.ts';
import type { PipelineRun, TaskRun } from '../../../../lib/tekton/types.ts';
import { run, taskRun } from './recorded-events.ts';
import { quotaReason } from './registry-outputs.ts';

const failureExcerpt = createFailureExcerpt(['clone', 'detect', 'build']);
const now = new Date('2026-11-22T09:00:00Z');

test.each([
  ['ev-ok.pipelinerun.queued', 'BUILD_PENDING', false],
  ['ev-ok.pipelinerun.running', 'BUILD_RUNNING', false],
  ['ev-ok.pipelinerun.successful', 'BUILD_SUCCESS', true],
  ['ev-pending.pipelinerun.unknown', 'BUILD_PENDING', false],
  ['ev-fail.pipelinerun.failed', 'BUILD_FAILURE', true],
  ['ev-badimage.pipelinerun.failed', 'BUILD_FAILURE', true],
  ['ev-cancel.pipelinerun.failed', 'BUILD_CANCELLED', true],
  ['ev-timeout.pipelinerun.failed', 'BUILD_TIMEOUT', true],
])('the run of the recorded event %s has the status %s', (name, status, done) => {
  expect(statusOf(run(name))).toBe(status);
  expect(hasRunEnded(run(name))).toBe(done);
});

test('a run with an unknown reason has the status BUILD_UNKNOWN', () => {
  const odd = {
    ...run('ev-ok.pipelinerun.running'),
    status: { conditions: [{ type: 'Succeeded', status: 'Unknown' as const, reason: 'Odd' }] },
  };
  expect(statusOf(odd)).toBe('BUILD_UNKNOWN');
});

test('the message of a failed build names the step, the exit code, its meaning and the last lines', () => {
  const failed = taskRun('ev-fail-build-from-git.taskrun.failed');
  expect(failedStep(failed)?.name).toBe('build');
  expect(endingOf(run('ev-fail.pipelinerun.failed'), failed, now, failureExcerpt)).toEqual({
    status: 'BUILD_FAILURE',
    message: 'Step build failed with exit code 3.',
    finishedAt: '2026-11-22T08:02:12Z',
  });
  const [clone, build] = failed.status?.steps ?? [];
  const explained = {
    name: 'detect',
    container: 'step-detect',
    terminated: { exitCode: 20, reason: 'Error' },
    results: [{ name: 'failure', value: '\nERROR: nothing fits\n' }],
  };
  const skipped = { ...build, name: 'export', terminationReason: 'Skipped' };
  const withExcerpt = { ...failed, status: { ...failed.status, steps: [clone, explained, skipped] } } as TaskRun;
  expect(endingOf(run('ev-fail.pipelinerun.failed'), withExcerpt, now, failureExcerpt)?.message).toBe(
    'Step detect failed with exit code 20: no buildpack recognises this repository.\nERROR: nothing fits',
  );
});

test('the message of a build whose builder does not fit says who must act, and why', () => {
  const failed = taskRun('ev-fail-build-from-git.taskrun.failed');
  const step = {
    name: 'clone',
    container: 'step-clone',
    terminated: { exitCode: 80, reason: 'Error' },
    results: [{ name: 'failure', value: '\n[builder] ERROR: no platform API in common\n' }],
  };
  const withStep = { ...failed, status: { ...failed.status, steps: [step] } } as TaskRun;
  expect(endingOf(run('ev-fail.pipelinerun.failed'), withStep, now, failureExcerpt)?.message).toBe(
    'Step clone failed with exit code 80: the builder image does not fit the Pipeline; an administrator must correct the settings of the images.\n[builder] ERROR: no platform API in common',
  );
});

test.each([
  ['this service, which encodes dollar signs', { 'builds.toolforge.org/tool': 'tool-a' }, 'sun%24hine%2542'],
  ['builds-api, which encodes nothing', {}, 'sun$hine%42'],
])('the message of a failed build shows no secret of the envvars in a run of %s', (_, annotations, value) => {
  const failed = taskRun('ev-fail-build-from-git.taskrun.failed');
  const step = {
    name: 'build',
    container: 'step-build',
    terminated: { exitCode: 1, reason: 'Error' },
    results: [{ name: 'failure', value: '\nconnecting as tool with sun$hine%42\n' }],
  };
  const recorded = run('ev-fail.pipelinerun.failed');
  const params = [{ name: 'ENV_VARS', value: [`DB_PASSWORD=${value}`, 'PORT=80'] }];
  const message = endingOf(
    { ...recorded, metadata: { ...recorded.metadata, annotations }, spec: { ...recorded.spec, params } },
    { ...failed, status: { ...failed.status, steps: [step] } } as TaskRun,
    now,
    failureExcerpt,
  )?.message;
  expect(message).toContain('connecting as tool with [masked]');
});

test('the message of a build that ran out of memory says so', () => {
  const killed = { name: 'build', container: 'step-build', terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const conditions = [
    { type: 'Succeeded', status: 'False' as const, reason: 'StepOOM', message: '"step-build" ran out of memory' },
  ];
  const failed = {
    ...taskRun('ev-fail-build-from-git.taskrun.failed'),
    status: { conditions, steps: [killed] },
  } as TaskRun;
  expect(endingOf(run('ev-fail.pipelinerun.failed'), failed, now, failureExcerpt)?.message).toBe(
    'Step build failed with exit code 137: it ran out of memory.',
  );
});

test('the message shows the condition of the run where no step failed', () => {
  const condition = {
    type: 'Succeeded',
    status: 'False' as const,
    reason: 'TaskRunImagePullFailed',
    message: 'the step "build" failed to pull the image ""',
  };
  const pulled = { metadata: { name: 'x' }, status: { conditions: [condition] } } as TaskRun;
  expect(endingOf(run('ev-badimage.pipelinerun.failed'), pulled, now, failureExcerpt)?.message).toBe(
    'TaskRunImagePullFailed: the step "build" failed to pull the image ""',
  );
  expect(endingOf(run('ev-badimage.pipelinerun.failed'), undefined, now, failureExcerpt)?.message).toMatch(
    /^Failed: Tasks Completed/,
  );
});

test('the ending of a success has the digest of the image, and that of a timeout has the limit', () => {
  const done = run('ev-ok.pipelinerun.successful');
  const results = [{ name: 'APP_IMAGE_DIGEST', value: 'sha256:abc\n' }];
  expect(endingOf({ ...done, status: { ...done.status, results } }, undefined, now, failureExcerpt)).toMatchObject({
    status: 'BUILD_SUCCESS',
    digest: 'sha256:abc',
  });
  expect(endingOf(run('ev-timeout.pipelinerun.failed'), undefined, now, failureExcerpt)?.message).toContain('3s');
  expect(endingOf(run('ev-ok.pipelinerun.running'), undefined, now, failureExcerpt)).toBeUndefined();
});

test('a failure excerpt leaves out steps that hold credentials, and masks secrets', () => {
  const step = (name: string, value: string) => ({
    name,
    container: `step-${name}`,
    results: [{ name: 'failure', value }],
  });
  expect(failureExcerpt(step('export', 'denied'))).toBe('');
  expect(failureExcerpt(step('build', '\ncurl https://me:hunter2hunter2@example.org failed'))).toBe(
    'curl https://me:[masked]@example.org failed',
  );
  expect(failureExcerpt({ name: 'build', container: 'step-build' })).toBe('');
});

const stepFailed = { type: 'Succeeded', status: 'False', reason: 'StepFailed' };

const credential = 'registry responded: Basic cm9ib3Q6c2VjcmV0';

const messageOf = (name: string, exitCode: number, output = ''): string | undefined => {
  const terminated = { exitCode, reason: 'Error' };
  const results = [{ name: 'failure', value: `\n${credential}${output}` }];
  const taskRun = {
    status: { conditions: [stepFailed], steps: [{ name, terminated, results }] },
  } as unknown as TaskRun;
  const run = {
    metadata: { name: 'b' },
    spec: {},
    status: { conditions: [{ ...stepFailed, reason: 'Failed' }] },
  } as unknown as PipelineRun;
  return endingOf(run, taskRun, new Date(0), createFailureExcerpt(['build']))?.message;
};

test.each([
  [
    78,
    "Step analyze failed with exit code 78: the registry's credentials are missing; an administrator must create the Secret registry-credentials.",
  ],
  [
    79,
    'Step analyze failed with exit code 79: the run image can not be read; an administrator must check the run images of the settings (RUNNER) and the credentials.',
  ],
  [1, 'Step analyze failed with exit code 1.'],
])(
  'the message of a failed step that holds credentials explains exit code %d and shows no output',
  (exitCode, message) => expect(messageOf('analyze', exitCode)).toBe(message),
);

test('the message of a step that the registry refused says why and what to do, and shows nothing of its output', () => {
  const message = messageOf('export', 62, `\n[export] ERROR: ${quotaReason}`);
  expect(message).toMatch(
    /^Step export failed with exit code 62: the registry has no storage left for the image: 2\.9 MiB more than .*\.$/,
  );
  expect(message).not.toContain('\n');
  expect(message).not.toContain('Basic');
});

test('the meaning of an exit code comes before an explanation of what the registry said', () => {
  expect(messageOf('analyze', 79, '\nERROR: UNAUTHORIZED: no')).toContain('the run image can not be read');
});
