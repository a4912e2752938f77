import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../embedded/kubernetes/types.ts';
import { startCluster, type TestCluster, temporaryFolder } from '../../../support/kubernetes/cluster.ts';
import { ledger, ledgersPath, secret, secretsPath } from '../../../support/kubernetes/objects.ts';

let served: TestCluster;
beforeEach(async () => {
  served = await startCluster();
});
afterEach(() => served.close());

const ownedBy = ({ metadata }: KubeObject) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
});

const family = async () => {
  const { body: owner } = await served.call('POST', ledgersPath, ledger('owner'));
  const ownerReferences = [ownedBy(owner)];
  const { body: child } = await served.call('POST', ledgersPath, ledger('child', {}, { ownerReferences }));
  await served.call('POST', secretsPath, secret('grandchild', { ownerReferences: [ownedBy(child)] }));
  return { owner, child };
};

/** Resolves when the secret with this name is deleted. */
const gone = (name: string) =>
  new Promise<void>((resolve) => {
    served.api.objects.watch(({ type, object }) => {
      if (type === 'DELETED' && object.metadata.name === name) resolve();
    });
  });

const get = (path: string) => served.call('GET', path);

test('the garbage collector deletes dependants and their dependants after the owner', async () => {
  await family();
  const deletion = gone('grandchild');
  await served.call('DELETE', `${ledgersPath}/owner`);
  await deletion;
  expect((await get(`${ledgersPath}/child`)).status).toBe(404);
  expect((await get(`${secretsPath}/grandchild`)).status).toBe(404);
});

test('a finalizer of a dependant keeps the dependant and its own dependants', async () => {
  await family();
  await served.call(
    'PATCH',
    `${ledgersPath}/child`,
    { metadata: { finalizers: ['x/hold'] } },
    'application/merge-patch+json',
  );
  await served.call('DELETE', `${ledgersPath}/owner`);
  expect((await get(`${ledgersPath}/child`)).body.metadata).toHaveProperty('deletionTimestamp');
  expect((await get(`${secretsPath}/grandchild`)).status).toBe(200);
  const deletion = gone('grandchild');
  await served.call(
    'PATCH',
    `${ledgersPath}/child`,
    { metadata: { finalizers: null } },
    'application/merge-patch+json',
  );
  await deletion;
  expect((await get(`${ledgersPath}/child`)).status).toBe(404);
});

test('a finalizer of the owner keeps its dependants', async () => {
  await family();
  await served.call(
    'PATCH',
    `${ledgersPath}/owner`,
    { metadata: { finalizers: ['x/hold'] } },
    'application/merge-patch+json',
  );
  await served.call('DELETE', `${ledgersPath}/owner`);
  expect((await get(`${ledgersPath}/child`)).body.metadata).not.toHaveProperty('deletionTimestamp');
});

test('with foreground deletion the owner is deleted after its dependants', async () => {
  await family();
  const deletion = gone('grandchild');
  const answer = await served.call('DELETE', `${ledgersPath}/owner`, { propagationPolicy: 'Foreground' });
  expect(answer.body.metadata.finalizers).toEqual(['foregroundDeletion']);
  await deletion;
  expect((await get(`${ledgersPath}/owner`)).status).toBe(404);
  expect((await get(`${secretsPath}/grandchild`)).status).toBe(404);
});

test('with orphan deletion dependants stay and lose the owner reference', async () => {
  await family();
  await served.call('DELETE', `${ledgersPath}/owner?propagationPolicy=Orphan`);
  expect((await get(`${ledgersPath}/owner`)).status).toBe(404);
  expect((await get(`${ledgersPath}/child`)).body.metadata).not.toHaveProperty('ownerReferences');
});

test('an object whose owners do not exist is deleted at once, and one existing owner keeps it', async () => {
  const { owner } = await family();
  const nobody = { ...ownedBy(owner), uid: 'nobody' };
  await served.call('POST', secretsPath, secret('stray', { ownerReferences: [nobody] }));
  await served.call('POST', secretsPath, secret('shared', { ownerReferences: [nobody, ownedBy(owner)] }));
  expect((await get(`${secretsPath}/stray`)).status).toBe(404);
  expect((await get(`${secretsPath}/shared`)).body.metadata.ownerReferences).toEqual([ownedBy(owner)]);
});

test('the garbage collector deletes at the start what a stop left over', async () => {
  const { folder, remove } = await temporaryFolder();
  const first = await startCluster({ folder });
  const { body: owner } = await first.call('POST', ledgersPath, ledger('owner'));
  await first.call('POST', secretsPath, secret('child', { ownerReferences: [ownedBy(owner)] }));
  // The embedded garbage collector acts only after `delete` has returned. The API server closes in the same turn of the
  // event loop, so the dependent Secret still exists when the API server starts again.
  first.api.objects.delete('buildledgers', 'ns', 'owner');
  await first.close();
  const second = await startCluster({ folder });
  expect((await second.call('GET', `${secretsPath}/child`)).status).toBe(404);
  await second.close();
  await remove();
});
