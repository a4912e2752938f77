import { afterEach, describe, expect, test } from '@jest/globals';
import { isAlreadyExists, isConflict, isNotFound } from '../../../../lib/kube/kube-error.ts';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import { startCluster } from '../../../support/kubernetes/cluster.ts';
import { closeConnection, cutAfter, type Fault, respondWith, stall } from '../../../support/kubernetes/faults.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const embedded = async () => {
  const cluster = await startCluster();
  cleanups.push(() => cluster.close());
  return cluster;
};

const job = (name: string, labels: Record<string, string> = {}) =>
  ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name, labels }, spec: { suspend: true } }) as KubeObject;

describe('the Kubernetes client against the embedded API server', () => {
  test('the client creates, reads, lists by label, replaces, patches and removes objects', async () => {
    const kube = (await embedded()).kube();
    const made = await kube.create('jobs', job('a', { side: 'left' }));
    await kube.create('jobs', job('b', { side: 'right' }));
    expect(
      (await kube.list('jobs', { labelSelector: 'side=left' })).items.map(({ metadata }) => metadata.name),
    ).toEqual(['a']);
    await kube.replace('jobs', { ...made, metadata: { ...made.metadata, labels: { side: 'top' } } });
    await kube.patch('jobs', 'a', { metadata: { annotations: { note: 'x' } } });
    expect((await kube.get('jobs', 'a')).metadata).toMatchObject({
      labels: { side: 'top' },
      annotations: { note: 'x' },
    });
    await kube.remove('jobs', 'a');
    expect(await kube.get('jobs', 'a').catch(isNotFound)).toBe(true);
    expect((await kube.readNamespace()).metadata.name).toBe(kube.namespace);
  });

  test('isConflict is true for a lost race and for a taken name; isAlreadyExists is true for a taken name only', async () => {
    const kube = (await embedded()).kube();
    const made = await kube.create('jobs', job('a'));
    await kube.replace('jobs', { ...made, metadata: { ...made.metadata, labels: { x: 'y' } } });
    const lost = await kube.replace('jobs', made).catch((error: unknown) => error);
    expect([isConflict(lost), isAlreadyExists(lost)]).toEqual([true, false]);
    expect(await kube.create('jobs', job('a')).catch(isAlreadyExists)).toBe(true);
  });

  test('list reads all pages', async () => {
    const kube = (await embedded()).kube();
    await Promise.all(Array.from({ length: 520 }, (_, at) => kube.create('jobs', job(`j${at}`))));
    expect((await kube.list('jobs')).items.length).toBe(520);
  });

  test('list reads the metadata of objects only, on all pages', async () => {
    const kube = (await embedded()).kube();
    await Promise.all(Array.from({ length: 520 }, (_, at) => kube.create('jobs', job(`j${at}`, { side: 'left' }))));
    const { items } = await kube.list('jobs', { metadataOnly: true });
    expect(items).toHaveLength(520);
    for (const item of items) {
      expect(Object.keys(item).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(item).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { labels: { side: 'left' } } });
    }
  });

  test('list of metadata is empty where there are no objects, which the API server writes as null', async () => {
    const kube = (await embedded()).kube();
    expect((await kube.list('jobs', { metadataOnly: true })).items).toEqual([]);
  });

  test('watch yields the changes after a resourceVersion', async () => {
    const kube = (await embedded()).kube();
    const { metadata } = await kube.list('jobs');
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of kube.watch('jobs', {
        resourceVersion: metadata.resourceVersion ?? '0',
        timeoutSeconds: 20,
      })) {
        seen.push(`${event.type} ${event.object.metadata.name}`);
        if (seen.length === 2) break;
      }
    })();
    await kube.create('jobs', job('a'));
    await kube.remove('jobs', 'a');
    await watching;
    expect(seen).toEqual(['ADDED a', 'DELETED a']);
  });
});

describe('the Kubernetes client when the API server misbehaves', () => {
  /** Returns a cluster with the Job `a`, and with faults for the next requests, one fault for each request. */
  const faulty = async (...faults: Fault[]) => {
    const cluster = await embedded();
    await cluster.kube().create('jobs', job('a'));
    cluster.requests.length = 0;
    cluster.faults.push(...faults.map((fault) => ({ fault })));
    return { cluster, kube: cluster.kube({ attempts: 4, timeoutMs: 2000 }) };
  };

  test('a request is sent again after 429, 503 and a broken connection', async () => {
    const overloaded = respondWith(429, '{}', { 'retry-after': '0' });
    const { cluster, kube } = await faulty(overloaded, respondWith(503, 'not json'), closeConnection);
    expect((await kube.get('jobs', 'a')).metadata.name).toBe('a');
    expect(cluster.requests).toHaveLength(4);
  });

  test('a request is sent again when its response was cut off', async () => {
    const { cluster, kube } = await faulty(cutAfter(5));
    expect((await kube.get('jobs', 'a')).metadata.name).toBe('a');
    expect(cluster.requests).toHaveLength(2);
  });

  test('a request is not sent again after a refusal', async () => {
    const { cluster, kube } = await faulty(respondWith(403, JSON.stringify({ reason: 'Forbidden', message: 'no' })));
    await expect(kube.get('jobs', 'a')).rejects.toMatchObject({ name: 'KubeError', status: 403, reason: 'Forbidden' });
    expect(cluster.requests).toHaveLength(1);
  });

  test('a server that stays away gives ApiError 503 with the cause', async () => {
    const { cluster, kube } = await faulty();
    cluster.failAll(closeConnection);
    await expect(kube.list('jobs')).rejects.toMatchObject({
      status: 503,
      code: 'unavailable',
      cause: expect.anything(),
    });
  });

  test('a request is sent again when no response comes in time', async () => {
    const { cluster, kube } = await faulty(stall);
    expect((await kube.get('jobs', 'a')).metadata.name).toBe('a');
    expect(cluster.requests).toHaveLength(2);
  });

  test("a request ends with its signal's reason", async () => {
    const { cluster, kube } = await faulty();
    cluster.failAll(stall);
    await expect(kube.get('jobs', 'a', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('watch throws the error event of the API server, and a line may contain U+2028', async () => {
    const { kube } = await faulty((_, res) => {
      res.write(`{"type":"ADDED","object":{"metadata":{"name":"a\u2028b"}}}\n{"type":"ER`);
      res.end(`ROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n`);
    });
    const names: string[] = [];
    const watching = (async () => {
      for await (const { object } of kube.watch('jobs')) names.push(object.metadata.name);
    })();
    await expect(watching).rejects.toMatchObject({ status: 410, reason: 'Expired' });
    expect(names).toEqual(['a\u2028b']);
  });
});
