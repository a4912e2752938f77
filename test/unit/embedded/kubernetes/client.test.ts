import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Log } from '@kubernetes/client-node/dist/log.js';
import { Watch } from '@kubernetes/client-node/dist/watch.js';
import { openLog } from '../../../../embedded/tekton/log-writer.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { ledger, ledgersPath, pod, podsPath } from '../../../support/kubernetes/objects.ts';

let served: TestCluster;
let config: KubeConfig;
beforeEach(async () => {
  served = await startCluster({ token: 'secret' });
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'local', server: served.url, skipTLSVerify: true }],
    users: [{ name: 'me', token: 'secret' }],
    contexts: [{ name: 'it', cluster: 'local', user: 'me' }],
    currentContext: 'it',
  });
});
afterEach(() => served.close());

const { stringify } = JSON;
const send = (method: string, path: string, body: object) =>
  fetch(served.url + path, {
    method,
    body: stringify(body),
    headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
  });

/** Opens a watch of ledgers by client-node. */
const openWatch = async () => {
  const [seen, deleted, ended] = [[] as string[], Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
  const read = (type: string, { metadata }: { metadata: { name: string; generation: number } }): void => {
    seen.push(`${type} ${metadata.name} ${metadata.generation}`);
    if (type === 'DELETED') deleted.resolve();
  };
  // The promise resolves when the watch is open, so the watch misses no change of the test.
  await new Watch(config).watch(ledgersPath, {}, read, ended.resolve);
  return { seen, deleted: Promise.race([deleted.promise, ended.promise]), ended: ended.promise };
};

test("client-node's Watch reads ADDED, MODIFIED and DELETED events, and ends without an error", async () => {
  const { seen, deleted, ended } = await openWatch();
  await send('POST', ledgersPath, ledger('t'));
  await send('PUT', `${ledgersPath}/t`, ledger('t', { a: 1 }));
  await send('DELETE', `${ledgersPath}/t`, {});
  await deleted;
  await served.api.close();
  expect(await ended).toBeNull();
  expect(seen).toEqual(['ADDED t 1', 'MODIFIED t 2', 'DELETED t 2']);
});

test("client-node's Log follows a log and throws a refusal as an error", async () => {
  await send('POST', podsPath, pod('p', ['step-a']));
  const { objects } = served.api;
  const copy = structuredClone(objects.get('pods', 'ns', 'p'));
  if (!copy) throw new Error('no pod');
  const log = new Log(config);
  await expect(log.log('ns', 'p', 'step-a', new PassThrough())).rejects.toMatchObject({ code: 400 });
  const state = { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:00:00Z' } };
  copy.status = {
    phase: 'Succeeded',
    containerStatuses: [{ name: 'step-a', image: 'a', imageID: '', ready: false, restartCount: 0, state }],
  };
  objects.update('pods', copy, 'status');
  const writer = await openLog(objects.logFile(copy.metadata.uid, 'step-a'), () => 0);
  await writer.line('hello');
  await writer.close();
  const out = new PassThrough();
  await log.log('ns', 'p', 'step-a', out, { follow: true, timestamps: true });
  expect(await text(out)).toBe('1970-01-01T00:00:00.000000000Z hello\n');
});
