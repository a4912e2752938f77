import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kubectl } from '../pipeline/cluster.ts';
import { builds } from './service.ts';

const ledger = (name: string, spec: object) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name, namespace: builds },
  spec,
});

const name = 'e2e-ledger';
const create = (spec: object) => kubectl(['create', '-f', '-'], JSON.stringify(ledger(name, spec)));
const remove = () => kubectl(['delete', 'buildledger', name, '--namespace', builds, '--ignore-not-found']);
beforeAll(remove);
afterAll(remove);

test.each([
  [{}, /spec.tool/],
  [{ tool: '' }, /spec.tool/],
  [{ tool: name, limits: { running: 0 } }, /spec.limits.running/],
  [{ tool: name, limits: { running: -1 } }, /spec.limits.running/],
  [{ tool: name, limits: { queued: 1.5 } }, /spec.limits.queued/],
  [{ tool: name, limits: { succeeded: 600, failed: 600 } }, /no more than 1000/],
])('the API server refuses a ledger with the spec %j', async (spec, why) => {
  await expect(create(spec)).rejects.toThrow(why);
});

test("kubectl shows a ledger's running and queued builds", async () => {
  await create({ tool: name });
  const [head = ''] = (await kubectl(['get', 'buildledgers', name, '--namespace', builds])).split('\n');
  expect(head.split(/ {2,}/)).toEqual(['NAME', 'TOOL', 'RUNNING', 'LIMIT', 'QUEUED', 'OLDEST WAIT', 'FINISHED', 'AGE']);
  await remove();
});

test('the API server refuses a second BuildCapacity', async () => {
  const other = {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildCapacity',
    metadata: { name, namespace: builds },
  };
  await expect(kubectl(['create', '-f', '-'], JSON.stringify(other))).rejects.toThrow(/named builds/);
});

test("a ledger's limits can change, its tool can't", async () => {
  await create({ tool: name, limits: { running: 3 } });
  const patch = (spec: object) =>
    kubectl(['patch', 'buildledger', name, '-n', builds, '--type=merge', '-p', JSON.stringify({ spec })]);
  await patch({ limits: { running: 5 } });
  await expect(patch({ tool: 'another' })).rejects.toThrow(/stays with its tool/);
});
