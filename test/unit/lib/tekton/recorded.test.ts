import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createFailureExcerpt } from '../../../../lib/logs/masking/failure-excerpt.ts';
import { eventSubject, isRunEndEvent, isTektonEventType } from '../../../../lib/tekton/events.ts';
import { endingOf, failedStep, hasRunEnded, statusOf } from '../../../../lib/tekton/status.ts';
import type { PipelineRun, TaskRun } from '../../../../lib/tekton/types.ts';

type Recorded = { headers: Record<string, string>; body: { pipelineRun?: PipelineRun; taskRun?: TaskRun } };

const recorded = (name: string): Recorded =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/tekton-events', `${name}.json`), 'utf8'));
const run = (name: string) => recorded(`${name}.v1`).body.pipelineRun as PipelineRun;
const taskRun = (name: string) => recorded(`${name}.v1`).body.taskRun as TaskRun;
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
    results: [{ name: 'failure', value: 'ERROR: nothing fits\n' }],
  };
  const skipped = { ...build, name: 'export', terminationReason: 'Skipped' };
  const withExcerpt = { ...failed, status: { ...failed.status, steps: [clone, explained, skipped] } } as TaskRun;
  expect(endingOf(run('ev-fail.pipelinerun.failed'), withExcerpt, now, failureExcerpt)?.message).toBe(
    'Step detect failed with exit code 20: no buildpack recognises this repository.\nERROR: nothing fits',
  );
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

test('an event of Tekton is recognised by its type and names its object', () => {
  const { headers, body } = recorded('ev-ok.pipelinerun.successful.v1');
  expect(isTektonEventType(headers['ce-type'] ?? '')).toBe(true);
  expect(isRunEndEvent(headers['ce-type'] ?? '')).toBe(true);
  expect(isRunEndEvent('dev.tekton.event.taskrun.successful.v1')).toBe(false);
  expect(isTektonEventType('dev.tekton.event.pipelinerun.successful.v2')).toBe(false);
  expect(eventSubject(body)).toEqual({ kind: 'pipelineruns', name: 'ev-ok', namespace: 'image-build' });
  expect(eventSubject(recorded('ev-fail-build-from-git.taskrun.failed.v1').body)).toMatchObject({
    kind: 'taskruns',
    name: 'ev-fail-build-from-git',
  });
  for (const odd of [undefined, null, 'x', {}, { pipelineRun: 1 }, { pipelineRun: { metadata: { name: 1 } } }])
    expect(eventSubject(odd)).toBeUndefined();
});

test('a failure excerpt leaves out steps that hold credentials, and masks secrets', () => {
  const step = (name: string, value: string) => ({
    name,
    container: `step-${name}`,
    results: [{ name: 'failure', value }],
  });
  expect(failureExcerpt(step('export', 'denied'))).toBe('');
  expect(failureExcerpt(step('build', 'curl https://me:hunter2hunter2@example.org failed'))).not.toContain('hunter2');
  expect(failureExcerpt({ name: 'build', container: 'step-build' })).toBe('');
});
