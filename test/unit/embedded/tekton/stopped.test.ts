import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Platform } from './support.ts';
import { processesWith, run, runsPath, sh, startPlatform } from './support.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await startPlatform();
});
afterEach(() => platform.close());

const post = async (body: object) => {
  const answer = await platform.served.call('POST', runsPath, body);
  expect(answer.status).toBe(201);
  return answer.body;
};
const patch = (name: string, spec: object) =>
  platform.served.call('PATCH', `${runsPath}/${name}`, { spec }, 'application/merge-patch+json');
const taskEnd = (name: string) =>
  platform.until('taskruns', `${name}-build-from-git`, (found) => found?.status?.completionTime !== undefined);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const condition = (status: string, reason: string, message: unknown) => [
  { type: 'Succeeded', status, lastTransitionTime: time, reason, message },
];

describe('a PipelineRun that is stopped', () => {
  const sleeper = (name: string, spec: object = {}) =>
    run(
      name,
      [sh('clone', `echo started; trap "" TERM; sleep 6${name.length}71 & wait; sleep 600`), sh('build', 'true')],
      spec,
    );
  const running = (name: string) =>
    platform.until(
      'taskruns',
      `${name}-build-from-git`,
      (found) => found?.status?.conditions?.[0]?.reason === 'Running',
    );
  const started = async (name: string) => {
    await running(name);
    await fetch(
      `${platform.served.url}/api/v1/namespaces/ns/pods/${name}-build-from-git-pod/log?container=step-clone&follow=true`,
    ).then(async (response) => {
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    });
  };
  const podEnd = (name: string) =>
    platform.until('pods', `${name}-build-from-git-pod`, (pod) => pod?.status?.phase === 'Failed');

  test('a cancelled run keeps its pod and log and leaves no process', async () => {
    await post(sleeper('cancel'));
    await started('cancel');
    expect(processesWith(platform.folder).length).toBeGreaterThan(0);
    await patch('cancel', { status: 'Cancelled' });
    const ended = await platform.end('cancel');
    expect(ended.status?.conditions).toEqual(condition('False', 'Cancelled', 'PipelineRun "cancel" was cancelled'));
    const { status, spec } = await taskEnd('cancel');
    const why = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
    expect(spec).toMatchObject({ status: 'TaskRunCancelled', statusMessage: why });
    expect(status?.conditions).toEqual(
      condition('False', 'TaskRunCancelled', `TaskRun "cancel-build-from-git" was cancelled. ${why}`),
    );
    expect(status?.steps?.[0]).toMatchObject({
      terminated: {
        exitCode: 1,
        reason: 'TaskRunCancelled',
        message: 'Step clone terminated as pod cancel-build-from-git-pod is terminated',
      },
    });
    await podEnd('cancel');
    expect(processesWith(platform.folder)).toEqual([]);
    expect(await platform.log('cancel-build-from-git-pod', 'step-clone')).toBe('started\n');
  });

  test('a run that exceeds its timeout fails with its tasks', async () => {
    await post(sleeper('late', { timeouts: { pipeline: '1s' } }));
    const ended = await platform.end('late');
    expect(ended.status?.conditions).toEqual(
      condition('False', 'PipelineRunTimeout', 'PipelineRun "late" failed to finish within "1s"'),
    );
    const { status } = await taskEnd('late');
    const why = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';
    expect(status?.conditions?.[0]?.message).toBe(`TaskRun "late-build-from-git" was cancelled. ${why}`);
    await podEnd('late');
    expect(processesWith(platform.folder)).toEqual([]);
  });

  test('CancelledRunFinally cancels the running task', async () => {
    await post(sleeper('grace'));
    await started('grace');
    await patch('grace', { status: 'CancelledRunFinally' });
    const ended = await platform.end('grace');
    const message = 'Tasks Completed: 1 (Failed: 0, Cancelled 1), Skipped: 0';
    expect(ended.status?.conditions).toEqual(condition('False', 'Cancelled', message));
    await podEnd('grace');
  });

  test('StoppedRunFinally lets the running task finish and starts no other', async () => {
    const tasks = ['one', 'two'].map((name) => ({
      name,
      taskSpec: { steps: [sh('s', `while [ ! -e ${platform.folder}/go ]; do sleep 0.02; done`)] },
    }));
    await post(run('stop', [], { pipelineSpec: { tasks } }));
    await platform.until('taskruns', 'stop-one', (found) => found?.status?.conditions?.[0]?.reason === 'Running');
    await patch('stop', { status: 'StoppedRunFinally' });
    writeFileSync(join(platform.folder, 'go'), '');
    const ended = await platform.end('stop');
    const message = 'Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 1';
    expect(ended.status?.conditions).toEqual(condition('False', 'Cancelled', message));
    expect(platform.served.api.objects.get('taskruns', 'ns', 'stop-two')).toBeUndefined();
  });

  test('a pending run has no start time and starts when spec.status is cleared', async () => {
    await post(run('hold', [sh('s', 'true')], { status: 'PipelineRunPending', timeouts: { pipeline: '5s' } }));
    const held = await platform.until('pipelineruns', 'hold', (found) => found?.status?.conditions !== undefined);
    expect(held.status).toEqual({
      conditions: condition('Unknown', 'PipelineRunPending', 'PipelineRun "hold" is pending'),
    });
    expect(platform.served.api.objects.list('taskruns')).toEqual([]);
    await patch('hold', { status: null });
    expect((await platform.end('hold')).status?.conditions?.[0]?.reason).toBe('Succeeded');
  });

  test('a pending run that is cancelled ends without a task', async () => {
    await post(run('hold', [sh('s', 'true')], { status: 'PipelineRunPending' }));
    await patch('hold', { status: 'Cancelled' });
    expect((await platform.end('hold')).status?.conditions?.[0]?.reason).toBe('Cancelled');
    expect(platform.served.api.objects.list('taskruns')).toEqual([]);
  });

  test('a deleted run leaves no object and no process, even one that left its session', async () => {
    await post(run('del', [sh('clone', 'setsid sleep 600 & echo started; sleep 600')]));
    await started('del');
    const { metadata } = platform.served.api.objects.get('pods', 'ns', 'del-build-from-git-pod') ?? {
      metadata: { uid: '' },
    };
    const folder = join(platform.folder, 'tekton', 'pods', metadata.uid);
    expect(existsSync(folder)).toBe(true);
    await platform.served.call('DELETE', `${runsPath}/del`);
    await platform.until('pods', 'del-build-from-git-pod', (pod) => pod === undefined);
    while (existsSync(folder)) await new Promise(setImmediate);
    expect(processesWith(platform.folder)).toEqual([]);
  });

  test('processes that a step leaves running end with the step', async () => {
    await post(run('leave', [sh('s', 'setsid sleep 600 & sleep 600 & echo done')]));
    await platform.end('leave');
    expect(processesWith(platform.folder)).toEqual([]);
  });
});
