import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../support/kubernetes/cluster.ts';
import { watchUntil } from '../../../support/kubernetes/watch.ts';
import type { Platform } from './support.ts';
import { processesWith, run, runsPath, sh, startPlatform } from './support.ts';

let folder: string;
let remove: () => Promise<void>;
let host: ChildProcess;
let url: string;
let platform: Platform | undefined;

beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
  host = spawn(process.execPath, [join(import.meta.dirname, 'host.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!host.stdout) throw new Error('no pipe');
  [url] = (await once(createInterface(host.stdout), 'line')) as [string];
});
afterEach(async () => {
  host.kill('SIGKILL');
  await platform?.close();
  platform = undefined;
  await remove();
});

const post = (path: string, body: object) =>
  fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

const kill = async (): Promise<void> => {
  const exit = once(host, 'exit');
  host.kill('SIGKILL');
  await exit;
};

/** Waits until a container has written its first bytes. */
const hasWritten = async (pod: string, container: string): Promise<void> => {
  await watchUntil(`${url}/api/v1/namespaces/ns/pods?watch=true&fieldSelector=metadata.name%3D${pod}`, (events) =>
    JSON.stringify(events.at(-1) ?? '').includes('"phase":"Running"'),
  );
  const response = await fetch(`${url}/api/v1/namespaces/ns/pods/${pod}/log?container=${container}&follow=true`);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
};

test('after SIGKILL in a step no process survives, the run fails with a reason, and no object is lost', async () => {
  await post(
    runsPath,
    run('mid', [
      sh('clone', 'echo cloned'),
      sh('build', 'setsid sleep 600 & echo started; sleep 600'),
      sh('export', 'true'),
    ]),
  );
  await post(runsPath, run('waits', [sh('s', 'echo later')], { status: 'PipelineRunPending' }));
  await hasWritten('mid-build-from-git-pod', 'step-build');
  expect(processesWith(`${folder}/tekton`).length).toBeGreaterThan(1);
  await kill();
  platform = await startPlatform({ root: folder });
  expect(processesWith(`${folder}/tekton`)).toEqual([]);
  const ended = await platform.end('mid');
  expect(ended.status?.conditions?.[0]).toMatchObject({
    status: 'False',
    reason: 'Failed',
    message: 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0',
  });
  const task = await platform.until('taskruns', 'mid-build-from-git', (found) => found !== undefined);
  expect(task.status?.conditions?.[0]).toMatchObject({
    status: 'False',
    reason: 'PlatformStopped',
    message: 'the platform stopped while step build ran',
  });
  expect(task.status?.steps?.map(({ terminationReason }) => terminationReason)).toEqual([
    'Completed',
    'Error',
    'Skipped',
  ]);
  expect(await platform.log('mid-build-from-git-pod', 'step-clone')).toBe('cloned\n');
  expect(await platform.log('mid-build-from-git-pod', 'step-build')).toBe('started\n');
  await platform.event(({ type, headers }) => type === 'pipelinerun.failed.v1' && headers['ce-subject'] === 'mid');
  await platform.event(({ type, headers }) => type === 'pipelinerun.unknown.v1' && headers['ce-subject'] === 'waits');
  await platform.served.call('PATCH', `${runsPath}/waits`, { spec: { status: null } }, 'application/merge-patch+json');
  expect((await platform.end('waits')).status?.conditions?.[0]?.reason).toBe('Succeeded');
});

test('after a restart a pending run starts, and a running Job is started again', async () => {
  const answer = await post(runsPath, run('early', [sh('s', 'true')]));
  expect(answer.status).toBe(201);
  const flag = join(folder, 'flag');
  const container = {
    name: 'main',
    image: 'i',
    command: ['sh', '-c'],
    args: [`test -e ${flag} && exit 0; touch ${flag}; echo up; sleep 600`],
  };
  const spec = { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } };
  await post('/apis/batch/v1/namespaces/ns/jobs', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec,
  });
  while (!existsSync(flag)) await new Promise(setImmediate);
  // The PipelineRun "last" is created just before the platform is killed, so no controller has seen it yet.
  await post(runsPath, run('last', [sh('s', 'true')]));
  await kill();
  platform = await startPlatform({ root: folder });
  const job = await platform.until('jobs', 'j', (found) => found?.status?.conditions !== undefined);
  expect(job.status).toMatchObject({ succeeded: 1, conditions: [{}, { type: 'Complete' }] });
  for (const name of ['early', 'last']) expect((await platform.end(name)).status?.completionTime).toBeDefined();
  expect(processesWith(`${folder}/tekton`)).toEqual([]);
});

test('closing ends all processes, and the next start writes that into the status', async () => {
  await kill();
  platform = await startPlatform({ root: folder });
  await platform.served.call('POST', runsPath, run('mid', [sh('build', 'sleep 600')]));
  await platform.until('pods', 'mid-build-from-git-pod', (pod) => pod?.status?.phase === 'Running');
  await platform.close();
  expect(processesWith(`${folder}/tekton`)).toEqual([]);
  platform = await startPlatform({ root: folder });
  await platform.end('mid');
  const task = platform.served.api.objects.get('taskruns', 'ns', 'mid-build-from-git');
  expect(task?.status?.conditions?.[0]?.reason).toBe('PlatformStopped');
});
