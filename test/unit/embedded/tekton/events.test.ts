import { afterEach, expect, test } from '@jest/globals';
import type { Event, Platform } from './support.ts';
import { run, runsPath, sh, startPlatform } from './support.ts';

let platform: Platform;
afterEach(() => platform.close());

const post = (body: object) => platform.served.call('POST', runsPath, body);
const named = (name: string, events: Event[]) => events.filter(({ headers }) => headers['ce-subject'] === name);
const states = (name: string) =>
  named(name, platform.events).map(({ type, body }) => {
    const { reason = 'none' } = (body.pipelineRun ?? body.taskRun)?.status.conditions?.[0] ?? {};
    return `${type.split('.')[1]} ${reason}`;
  });
const final = (name: string, type: string) =>
  platform.event((event) => event.headers['ce-subject'] === name && event.type === `pipelinerun.${type}.v1`);

test('a successful run sends the events that Tekton sends', async () => {
  platform = await startPlatform();
  await post(run('ok', [sh('s', 'true')]));
  const last = await final('ok', 'successful');
  expect(last.headers).toMatchObject({
    'ce-specversion': '1.0',
    'ce-source': '/apis///namespaces/ns//ok',
    'ce-subject': 'ok',
    'ce-type': 'dev.tekton.event.pipelinerun.successful.v1',
    'content-type': 'application/json',
  });
  expect(Object.keys(last.body.pipelineRun ?? {})).toEqual(['metadata', 'spec', 'status']);
  await platform.event(({ type }) => type === 'taskrun.successful.v1');
  expect(new Set(states('ok'))).toEqual(new Set(['queued none', 'running Running', 'successful Succeeded']));
  const task = new Set(states('ok-build-from-git'));
  expect(task).toEqual(new Set(['queued none', 'unknown Pending', 'running Running', 'successful Succeeded']));
  expect(new Set(platform.events.map(({ id }) => id)).size).toBe(platform.events.length);
  expect(named('ok', platform.events)[0]?.body.pipelineRun?.status).toBeDefined();
});

test('failed, cancelled and pending runs send events of the recorded types', async () => {
  platform = await startPlatform();
  await post(run('bad', [sh('s', 'exit 1')]));
  await post(run('hold', [sh('s', 'true')], { status: 'PipelineRunPending' }));
  expect((await final('bad', 'failed')).body.pipelineRun?.status.conditions?.[0]?.reason).toBe('Failed');
  const held = await final('hold', 'unknown');
  expect(held.body.pipelineRun?.status.conditions?.[0]?.reason).toBe('PipelineRunPending');
  await platform.served.call(
    'PATCH',
    `${runsPath}/hold`,
    { spec: { status: 'Cancelled' } },
    'application/merge-patch+json',
  );
  expect((await final('hold', 'failed')).body.pipelineRun?.status.conditions?.[0]?.reason).toBe('Cancelled');
});

test('an event is sent again after a retryable status or a broken connection only', async () => {
  const tries = new Map<string, number>();
  const answers: Record<string, number[]> = {
    'pipelinerun.queued.v1': [503, 0, 429, 202],
    'pipelinerun.running.v1': [500],
    'pipelinerun.successful.v1': [404, 200],
  };
  platform = await startPlatform({
    answer: ({ type }) => {
      const count = (tries.get(type) ?? 0) + 1;
      tries.set(type, count);
      return answers[type]?.[count - 1] ?? 202;
    },
  });
  await post(run('ok', [sh('s', 'true')]));
  const count = (type: string) => platform.events.filter((event) => event.type === type).length;
  await platform.event(() => count('pipelinerun.queued.v1') === 4 && count('pipelinerun.successful.v1') === 2);
  expect(count('pipelinerun.running.v1')).toBe(1);
});

test('an unreachable sink does not delay a run', async () => {
  platform = await startPlatform({ sink: () => 'http://127.0.0.1:1/' });
  await post(run('ok', [sh('s', 'true')]));
  expect((await platform.end('ok')).status?.conditions?.[0]?.reason).toBe('Succeeded');
});

test('chaos sends an event twice with different ids, or not at all', async () => {
  platform = await startPlatform({ chaos: { duplicate: 1, shuffleMs: 20, seed: 7 } });
  await post(run('ok', [sh('s', 'true')]));
  const finals = () => platform.events.filter(({ type }) => type === 'pipelinerun.successful.v1');
  await platform.event(() => finals().length === 2);
  expect(finals()[0]?.id).not.toBe(finals()[1]?.id);
  await platform.close();
  platform = await startPlatform({ chaos: { drop: 1 } });
  await post(run('ok', [sh('s', 'true')]));
  await platform.end('ok');
  expect(platform.events).toEqual([]);
});
