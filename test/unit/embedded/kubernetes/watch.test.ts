import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../../embedded/kubernetes/types.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { ledger, ledgersPath } from '../../../support/kubernetes/objects.ts';
import { type WatchEvent, watchUntil } from '../../../support/kubernetes/watch.ts';

let served: TestCluster;
beforeEach(async () => {
  served = await startCluster({ bookmarkMs: 20 });
});
afterEach(() => served.close());

const shorten = (events: WatchEvent[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);
const watchUrl = (query: string) => `${served.url}${ledgersPath}?watch=true&${query}`;

test('a watch sends the existing objects first and then the changes', async () => {
  await served.call('POST', ledgersPath, ledger('a'));
  const watching = watchUntil(watchUrl(''), (events) => events.length === 4);
  const { body } = await served.call('POST', ledgersPath, ledger('b'));
  await served.call('PUT', `${ledgersPath}/b`, { ...body, spec: { x: 1 } });
  await served.call('DELETE', `${ledgersPath}/b`);
  expect(shorten(await watching)).toEqual(expect.arrayContaining(['ADDED a', 'ADDED b', 'DELETED b']));
});

test('a watch resumes after a resourceVersion and ends after timeoutSeconds with a bookmark', async () => {
  await served.call('POST', ledgersPath, ledger('a'));
  await served.call('POST', ledgersPath, ledger('b'));
  const events = await watchUntil(watchUrl('resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=1'), () => false);
  expect(shorten(events)[0]).toBe('ADDED b');
  const last = events.at(-1);
  expect(last).toMatchObject({ type: 'BOOKMARK', object: { kind: 'BuildLedger', metadata: { resourceVersion: '2' } } });
});

test('a watch with a label selector sends ADDED and DELETED when labels change', async () => {
  const watching = watchUntil(watchUrl('labelSelector=on'), (events) => events.length === 3);
  const { body } = await served.call('POST', ledgersPath, ledger('a'));
  const label = (labels: object) =>
    served.call('PUT', `${ledgersPath}/a`, ledger('a', body.spec as object, { labels }));
  await label({ on: '1' });
  await label({ on: '2' });
  await label({ off: '1' });
  const events = await watching;
  expect(shorten(events).at(-1)).toBe('DELETED a');
  expect(events.at(-1)?.object.metadata.labels).toEqual({ on: '2' });
});

test('a watch from a resourceVersion before the last start gets 410 Expired', async () => {
  await served.call('POST', ledgersPath, ledger('a'));
  await served.call('POST', ledgersPath, ledger('b'));
  const { folder } = served;
  await served.api.close();
  const again = await startCluster({ folder });
  const [event] = await watchUntil(`${again.url}${ledgersPath}?watch=true&resourceVersion=1`, () => false);
  expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  await again.close();
});

test('a hundred concurrent writers lose no write, and each write is one resourceVersion', async () => {
  await served.call('POST', ledgersPath, ledger('t', { count: 0 }));
  const increment = async (): Promise<void> => {
    const { body } = await served.call('GET', `${ledgersPath}/t`);
    const { count } = body.spec as unknown as { count: number };
    const { status } = await served.call('PUT', `${ledgersPath}/t`, { ...body, spec: { count: count + 1 } });
    if (status === 409) return increment();
    expect(status).toBe(200);
  };
  await Promise.all(Array.from({ length: 100 }, increment));
  expect((await served.call('GET', `${ledgersPath}/t`)).body.spec).toEqual({ count: 100 });
});

type Operation = { name: string; verb: 'create' | 'update' | 'delete'; value: number };

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    verb: fc.constantFrom('create', 'update', 'delete'),
    value: fc.nat(2),
  }),
  { minLength: 1, maxLength: 30 },
);

const body = ({ name, value }: Operation) => ledger(name, { value }, { labels: { parity: String(value % 2) } });

const perform = async (operation: Operation): Promise<void> => {
  const { name, verb } = operation;
  if (verb === 'create') await served.call('POST', ledgersPath, body(operation));
  if (verb === 'update') await served.call('PUT', `${ledgersPath}/${name}`, body(operation));
  if (verb === 'delete') await served.call('DELETE', `${ledgersPath}/${name}`);
};

const replay = (events: WatchEvent[]): KubeObject[] => {
  const objects = new Map<string, KubeObject>();
  for (const { type, object } of events) {
    if (type === 'DELETED') objects.delete(object.metadata.name);
    else if (type !== 'BOOKMARK') objects.set(object.metadata.name, object);
  }
  return [...objects.values()].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
};

test.each(['', 'labelSelector=parity%3D0'])(
  'property: the events of a watch (%s) add up to the list',
  async (query) => {
    await fc.assert(
      fc.asyncProperty(operations, async (list) => {
        const start = (await served.call('GET', ledgersPath)).body.metadata.resourceVersion;
        const before = (await served.call('GET', `${ledgersPath}?${query}`)).body.items;
        const done = ledger('zz-done', {}, { labels: { parity: '0' } });
        const isDone = ({ type, object }: WatchEvent) => type === 'DELETED' && object.metadata.name === 'zz-done';
        const url = watchUrl(`${query}&resourceVersion=${start === '0' ? '' : start}`);
        const watching = watchUntil(url, (events) => events.some(isDone));
        await Promise.all(list.map(perform));
        const after = (await served.call('GET', `${ledgersPath}?${query}`)).body.items;
        await served.call('POST', ledgersPath, done);
        await served.call('DELETE', `${ledgersPath}/zz-done`);
        const events = await watching;
        const added = before.map((object) => ({ type: 'ADDED', object }));
        expect(replay([...added, ...events])).toEqual(after);
        const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
        if (start !== '0') expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      }),
      { numRuns: 8 },
    );
  },
);
