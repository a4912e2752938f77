import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Kube } from '../../../../lib/kube/client.ts';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { cutAfter, endAfter, type Fault, respondWith } from '../../../support/kubernetes/faults.ts';

let cluster: TestCluster;
let kube: Kube;

beforeEach(async () => {
  cluster = await startCluster({ partBytes: 50 });
  kube = cluster.kube({ attempts: 4 });
  for (let at = 0; at < 5; at += 1) await create(`j${at}`);
  cluster.requests.length = 0;
});
afterEach(() => cluster.close());

const create = (name: string) =>
  kube.create('jobs', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { text: '"]}é' } },
    spec: { suspend: true },
  } as KubeObject);

const pageSize = 2;

const scan = async () => {
  const names: string[] = [];
  await kube.scan('jobs', ({ metadata }) => void names.push(metadata.name), { pageSize });
  return names;
};

/** Plans a fault for the request for the second page. */
const onSecondPage = (fault: Fault) =>
  cluster.faults.push({ fault, matches: ({ url = '' }) => url.includes('continue=') });

test('scan visits each object once, page by page, and returns the metadata of the first page', async () => {
  const names: string[] = [];
  const first = await kube.list('jobs');
  const metadata = await kube.scan('jobs', ({ metadata: { name } }) => void names.push(name), { pageSize });
  expect(names).toEqual(['j0', 'j1', 'j2', 'j3', 'j4']);
  expect(metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  expect(cluster.requests).toHaveLength(4);
});

test.each([
  ['is cut off within an item', cutAfter(300)],
  ['ends within an item as if it were complete', endAfter(300)],
])('scan visits each object once when the response %s', async (_, fault) => {
  onSecondPage(fault);
  expect(await scan()).toEqual(['j0', 'j1', 'j2', 'j3', 'j4']);
  expect(cluster.requests).toHaveLength(4);
});

test('scan of a list that changes meanwhile visits every object that stays', async () => {
  onSecondPage((_, __, pass) => {
    void Promise.all([kube.remove('jobs', 'j1'), kube.remove('jobs', 'j2'), create('j9')]).then(pass);
  });
  expect(await scan()).toEqual(expect.arrayContaining(['j0', 'j3', 'j4']));
});

const expired = (metadata: object) =>
  respondWith(410, JSON.stringify({ kind: 'Status', reason: 'Expired', message: 'too old', metadata, code: 410 }));

/** Makes the token of a request older than all versions that the embedded API server remembers. */
const makeTokenOld: Fault = (req, _, pass) => {
  const url = new URL(req.url ?? '', 'http://localhost');
  const token = JSON.parse(Buffer.from(url.searchParams.get('continue') ?? '', 'base64url').toString());
  url.searchParams.set('continue', Buffer.from(JSON.stringify({ ...token, version: -1 })).toString('base64url'));
  req.url = `${url.pathname}${url.search}`;
  void create('j9').then(pass);
};

test('scan goes on at the same place when the API server has forgotten the version of the list', async () => {
  onSecondPage(makeTokenOld);
  expect(await scan()).toEqual(['j0', 'j1', 'j2', 'j3', 'j4', 'j9']);
  expect(cluster.requests.filter((request) => request.startsWith('GET'))).toHaveLength(4);
});

test('scan fails when the API server refuses each token', async () => {
  onSecondPage(expired({ continue: 'one' }));
  onSecondPage(expired({ continue: 'two' }));
  await expect(scan()).rejects.toMatchObject({ name: 'KubeError', status: 410 });
  onSecondPage(expired({}));
  await expect(scan()).rejects.toMatchObject({ name: 'KubeError', status: 410 });
});

test('scan throws the error of its visitor, and sends no request again', async () => {
  const failing = kube.scan('jobs', () => {
    throw new Error('mine');
  });
  await expect(failing).rejects.toThrow('mine');
  expect(cluster.requests).toHaveLength(1);
});
