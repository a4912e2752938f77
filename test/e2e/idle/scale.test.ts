import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kubectl } from '../pipeline/cluster.ts';
import { type Gateway, openGateway } from '../service/gateway.ts';
import { builds, until } from '../service/service.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const pods = async (): Promise<string[]> => {
  const words = ['get', 'pods', '--namespace', builds, '-l', 'serving.knative.dev/service', '--no-headers'];
  return (await kubectl(words)).split('\n').filter((row) => row !== '' && !/Terminating| sweep-/.test(row));
};

test('functions scale to zero without requests, and the next request gets a response', async () => {
  await until(
    'there are no pods of functions',
    async () => (await pods()).filter((row) => !row.startsWith('sweep-')).length === 0,
  );
  const client = await gateway.client('somebody');
  expect((await client.call('GET', '/builds/v1/tool/somebody/builds')).status).toBe(200);
});
