import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kubectl, waitTimeout } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { openService, type Service, type Tool, until } from '../service/service.ts';
import { isFinished, withSweep } from './disruptions.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(() => service.close());

const eventing = (...words: string[]) => kubectl(['--namespace', 'knative-eventing', ...words]);

test('a minute without the broker loses no build and no log', async () => {
  const url = await service.repository('static', await example('static'));
  await eventing('scale', 'deployment/mt-broker-ingress', '--replicas=0');
  const minute = delay(60_000);
  try {
    const id = await tool.start(url);
    await service.kubectl(['wait', `pipelinerun/${id}`, '--for=jsonpath={.status.completionTime}', waitTimeout]);
    await minute;
    expect((await tool.get(id)).status).toBe('BUILD_SUCCESS');
    const lines: string[] = [];
    for await (const { line } of tool.log(id)) lines.push(line);
    expect(lines).toContain('[builds] step export succeeded');
    await withSweep(service, () => until('the ledger says finished', () => isFinished(service, tool, id)));
  } finally {
    await eventing('scale', 'deployment/mt-broker-ingress', '--replicas=1');
    await eventing('rollout', 'status', 'deployment/mt-broker-ingress', waitTimeout);
  }
});
