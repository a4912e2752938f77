import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Platform } from './support.ts';
import { processesWith, startPlatform } from './support.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await startPlatform();
});
afterEach(() => platform.close());

const jobsPath = '/apis/batch/v1/namespaces/ns/jobs';

const start = async (name: string, script: string, spec: object = {}) => {
  const container = {
    name: 'main',
    image: 'functions',
    command: ['sh', '-c'],
    args: [script],
    env: [{ name: 'GREETING', value: 'hello' }],
  };
  const template = {
    metadata: { labels: { app: 'index' } },
    spec: { restartPolicy: 'Never', containers: [container] },
  };
  const answer = await platform.served.call('POST', jobsPath, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { ...spec, template },
  });
  expect(answer.status).toBe(201);
};

const done = (name: string) => platform.until('jobs', name, (job) => job?.status?.conditions !== undefined);
const pods = () => platform.served.api.objects.list('pods', 'ns');

test('a Job runs its container once and is complete', async () => {
  await start('j', 'echo $GREETING $FROM_IMAGE');
  const { status } = await done('j');
  expect(status).toMatchObject({
    succeeded: 1,
    conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete', status: 'True' }],
  });
  expect(status?.completionTime).toBeDefined();
  expect(pods()).toHaveLength(1);
  expect(pods()[0]?.metadata.labels).toMatchObject({
    app: 'index',
    'job-name': 'j',
    'batch.kubernetes.io/job-name': 'j',
  });
  expect(await platform.log(pods()[0]?.metadata.name ?? '', 'main')).toBe('hello functions\n');
});

test('a Job is retried up to backoffLimit and then fails', async () => {
  await start('j', 'exit 1', { backoffLimit: 2 });
  const { status } = await done('j');
  expect(status).toMatchObject({
    failed: 3,
    conditions: [{ type: 'FailureTarget' }, { type: 'Failed', reason: 'BackoffLimitExceeded' }],
  });
});

test('a Job succeeds after a failed pod', async () => {
  await start('j', `test -e ${platform.folder}/second || { touch ${platform.folder}/second; exit 1; }`, {
    backoffLimit: 1,
  });
  expect((await done('j')).status).toMatchObject({ failed: 1, succeeded: 1 });
});

test('a Job that exceeds activeDeadlineSeconds fails and leaves no process', async () => {
  await start('j', 'sleep 600', { activeDeadlineSeconds: 1 });
  expect((await done('j')).status?.conditions?.[1]).toMatchObject({ type: 'Failed', reason: 'DeadlineExceeded' });
  while (processesWith(platform.folder).length > 0) await new Promise(setImmediate);
});

test('a Job is deleted after ttlSecondsAfterFinished', async () => {
  await start('j', 'true', { ttlSecondsAfterFinished: 0 });
  await platform.until('jobs', 'j', (job) => job === undefined);
});

test('a deleted Job leaves no process', async () => {
  await start('j', 'sleep 600 & sleep 600');
  await platform.until('jobs', 'j', (job) => job?.status?.ready === 1);
  await platform.served.call('DELETE', `${jobsPath}/j`);
  while (pods().length > 0 || processesWith(platform.folder).length > 0) await new Promise(setImmediate);
  expect(platform.served.api.objects.get('jobs', 'ns', 'j')).toBeUndefined();
});
