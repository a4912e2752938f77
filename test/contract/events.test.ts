import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { eventReceivers } from '../support/functions.ts';
import { expectCleanLog, expectCode, expectStatus, forTool, send } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let internalUrl: string;

beforeAll(async () => {
  target = await startTarget();
  const config = load(await readFile(target.kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
  internalUrl = config.clusters[0]?.cluster.server ?? '';
}, buildTimeoutMs);

afterAll(async () => {
  const refused = 'an event was not handled';
  expectCleanLog({ ...target, logged: target.logged.filter(({ message }) => message !== refused) });
  await target.close();
});

const type = 'dev.tekton.event.pipelinerun.successful.v1';
const headers = {
  'content-type': 'application/json',
  'ce-specversion': '1.0',
  'ce-id': '1',
  'ce-source': '/builds/accept-tekton',
  'ce-type': type,
};
const body = JSON.stringify({ tool: 'victim', build: 'victim-buildpacks-pipelinerun-1' });
/** The event functions of a cluster can't be reached from outside, so they are tested only on the embedded platform. */
const describeEmbedded = onCluster ? describe.skip : describe;

describeEmbedded('the event functions', () => {
  const post = (name: string, token?: string, more: Record<string, string> = {}, sent: string | Buffer = body) =>
    send(`${internalUrl}/events/${name}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: sent,
      ...(token ? { token } : {}),
    });
  const tokenOf = (audience: string, lifetime = '5m') => target.token({ aud: audience, sub: 'broker' }, lifetime);

  test.each(eventReceivers)('%s refuses an event without a valid token for its own audience', async (name) => {
    expectStatus(await post(name), 401);
    expectStatus(await post(name, await target.tokenFor('victim')), 401);
    expectStatus(await post(name, await tokenOf('another-function')), 401);
    expectStatus(await post(name, await tokenOf(name, '-5m')), 401);
    expectStatus(await post(name, await tokenOf(name)), 204);
  });

  test.each<[string, Record<string, string>, string | Buffer]>([
    ['of another version', { 'ce-specversion': '9.9' }, body],
    ['without an id', { 'ce-id': '' }, body],
    ['of another source', { 'ce-source': '/elsewhere' }, body],
    ['without a tool', {}, '{"build":"x"}'],
    ['with names that are no texts', {}, '{"tool":["a"],"build":{"$ne":1}}'],
    ['that is not JSON', {}, '{'],
    ['that is null', {}, 'null'],
    ['that is empty', {}, ''],
    ['as a batch', { 'content-type': 'application/cloudevents-batch+json' }, '[]'],
  ])('an event %s is refused with 400, so that it is not sent again', async (_, more, sent) => {
    expectCode(await post('finish-build', await tokenOf('finish-build'), more, sent), 400, 'body_invalid');
  });

  test('an event of 3 MiB is refused with 413', async () => {
    const large = Buffer.alloc(3 * 1024 * 1024, 32);
    expectCode(await post('finish-build', await tokenOf('finish-build'), {}, large), 413, 'body_too_large');
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['a run that does not exist', { pipelineRun: { metadata: { name: 'none', namespace: 'image-build' } } }],
    ['a run in another namespace', { pipelineRun: { metadata: { name: 'x', namespace: 'kube-system' } } }],
    ['a run with a path as its name', { pipelineRun: { metadata: { name: '../pods/x', namespace: 'image-build' } } }],
    ['a run whose names are no texts', { pipelineRun: { metadata: { name: {}, namespace: [] } } }],
    ['null', { pipelineRun: null, taskRun: null }],
  ])('accept-tekton ignores an event about %s', async (_, data) => {
    expectStatus(await post('accept-tekton', undefined, {}, JSON.stringify(data)), 204);
  });

  test('a forged event about the end of a build does not end the build', async () => {
    const victim = await forTool(target, 'victim');
    const source_url = await target.repository('victim', {
      'package.json': JSON.stringify({ scripts: { build: 'sleep 60', start: 'node x' } }),
    });
    const { name } = await victim.start({ source_url });
    const forged = {
      pipelineRun: {
        metadata: { name, namespace: 'image-build' },
        status: { conditions: [{ type: 'Succeeded', status: 'True' }] },
      },
    };
    expectStatus(await post('accept-tekton', undefined, {}, JSON.stringify(forged)), 204);
    const event = JSON.stringify({ tool: 'victim', build: name });
    expectStatus(await post('finish-build', await tokenOf('finish-build'), {}, event), 204);
    expect((await victim.get(name)).status).toMatch(/^BUILD_(PENDING|RUNNING)$/);
    await victim.cancel(name);
    expect((await victim.finished(name)).status).toBe('BUILD_CANCELLED');
  });

  test.each(['GET', 'PUT', 'DELETE'])('the method %s is refused with 405', async (method) => {
    expectStatus(await send(`${internalUrl}/events/sweep`, { method }), 405);
  });

  test('the Kubernetes API on the same port refuses requests without its token', async () => {
    for (const path of [
      '/api/v1/namespaces/image-build/pods',
      '/apis/tekton.dev/v1/namespaces/image-build/pipelineruns',
    ])
      expectStatus(await send(`${internalUrl}${path}`), 401);
  });
});
