import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { archivePrefix } from '../../../lib/logs/archive/archive-index.ts';
import { kubectl, waitTimeout } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { untilReleased } from '../service/kept-runs.ts';
import { openService, type Service, slow, type Tool, until } from '../service/service.ts';
import { openStore } from '../service/store.ts';
import { isFinished, readLedger, withoutSweep, withSweep } from './disruptions.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(async () => {
  // Knative's activator may keep probing the addresses of killed pods in vain, until the activator is restarted.
  const activator = 'deployment/activator';
  await kubectl(['rollout', 'restart', activator, '--namespace', 'knative-serving']);
  await kubectl(['rollout', 'status', activator, '--namespace', 'knative-serving', waitTimeout]);
  await service.close();
});

/**
 * Kills the pods of all functions within a second. The pods are not deleted by force, which would free a pod's address
 * before Knative's activator knows that the pod is gone.
 */
const killFunctions = () =>
  service.kubectl(['delete', 'pods', '-l', 'serving.knative.dev/service', '--grace-period=1', '--wait=false']);

test('events alone finish a build and archive its log', async () => {
  await withoutSweep(service, async () => {
    const id = await tool.start(await service.repository('static', await example('static')));
    await until('the ledger says finished', () => isFinished(service, tool, id));
  });
});

const filters = (trigger: string, value: object[]) =>
  service.kubectl(['patch', 'trigger', trigger, '--type=merge', '-p', JSON.stringify({ spec: { filters: value } })]);

type Triggers = { items: { metadata: { name: string }; spec: { filters: object[] } }[] };

test('sweep finishes a build whose events were lost', async () => {
  const { items } = JSON.parse(await service.kubectl(['get', 'triggers', '-o', 'json'])) as Triggers;
  // The Triggers get a filter that matches no event. Deleting them would leave old subscriptions in an in-memory
  // channel.
  for (const { metadata } of items) await filters(metadata.name, [{ exact: { type: 'none' } }]);
  try {
    const id = await withoutSweep(service, async () => {
      const started = await tool.start(await service.repository('static-again', await example('static')));
      await service.kubectl(['wait', `pipelinerun/${started}`, '--for=jsonpath={.status.completionTime}', waitTimeout]);
      expect(await isFinished(service, tool, started)).toBe(false);
      return started;
    });
    await withSweep(service, async () => {
      await until('the ledger says finished', () => isFinished(service, tool, id));
      await untilReleased(service, id);
    });
  } finally {
    for (const { metadata, spec } of items) await filters(metadata.name, spec.filters);
  }
});

test('the next sweep removes the logs of a tool whose ledger was deleted', async () => {
  const forgotten = await service.tool();
  const store = openStore();
  const archived = async (owner: Tool, id: string): Promise<number> => {
    let objects = 0;
    for await (const _ of store.list(archivePrefix(owner.name, id))) objects += 1;
    return objects;
  };
  const repository = await service.repository('static-fourth', await example('static'));
  const [id, other] = [await forgotten.start(repository), await tool.start(repository)];
  await until('the ledger says finished', () => isFinished(service, forgotten, id));
  await until('the other says so too', () => isFinished(service, tool, other));
  const [before, kept] = [await archived(forgotten, id), await archived(tool, other)];
  expect(Math.min(before, kept)).toBeGreaterThan(1);
  await service.kubectl(['delete', 'buildledger', forgotten.name]);
  await withSweep(service, () => until('the log is gone', async () => (await archived(forgotten, id)) === 0));
  expect(await archived(tool, other)).toBe(kept);
});

/** Follows a build's log until a line ends with `end`. @throws Error when the function that serves the log is killed */
const hasLine = async (id: string, end: string): Promise<boolean> => {
  for await (const { line } of tool.log(id)) if (line.endsWith(end)) return true;
  return false;
};

test('an accepted build ends although functions are killed', async () => {
  const id = await tool.start(await service.repository('slow', slow(12)));
  await killFunctions();
  await until('the third second is seen', async () => hasLine(id, 'second 3').catch(() => false));
  await killFunctions();
  await service.kubectl(['wait', `pipelinerun/${id}`, '--for=jsonpath={.status.completionTime}', waitTimeout]);
  await killFunctions();
  // A request breaks off when its function is killed, so the test sends the request again.
  const status = async () => (await tool.get(id).catch(() => undefined))?.status;
  await until('the build has succeeded', async () => (await status()) === 'BUILD_SUCCESS');
  await until('the log is archived', () => isFinished(service, tool, id));
});

const audience = (trigger: string, value: string) =>
  service.kubectl([
    'patch',
    'trigger',
    trigger,
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { subscriber: { audience: value } } }),
  ]);

test('an event that no function accepts goes to sweep', async () => {
  await audience('finish-build', 'nobody');
  await audience('archive-logs', 'nobody');
  try {
    await service.kubectl(['wait', 'triggers', '--all', '--for=condition=Ready', waitTimeout]);
    await withoutSweep(service, async () => {
      const id = await tool.start(await service.repository('static-third', await example('static')));
      // The test checks the build's status but not its log, because the log may stay open until the next sweep.
      await until(
        'the ledger says finished',
        async () => (await readLedger(service, tool)).finished?.some((build) => build.id === id) ?? false,
      );
    });
  } finally {
    await audience('finish-build', 'finish-build');
    await audience('archive-logs', 'archive-logs');
    await service.kubectl(['wait', 'triggers', '--all', '--for=condition=Ready', waitTimeout]);
  }
});
