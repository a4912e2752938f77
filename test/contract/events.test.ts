import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { expectCleanLog, forTool, send } from './client.ts';
import { onCluster, patience, startTarget, type Target } from './target.ts';

let target: Target;
let internal: string;

beforeAll(async () => {
  target = await startTarget();
  const config = load(await readFile(target.kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
  internal = config.clusters[0]?.cluster.server ?? '';
}, patience);

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
const run = onCluster ? describe.skip : describe;

run('the event path', () => {
  const post = (name: string, token?: string, more: Record<string, string> = {}, sent: string | Buffer = body) =>
    send(`${internal}/events/${name}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: sent,
      ...(token ? { token } : {}),
    });
  const tokenOf = (audience: string, lifetime = '5m') => target.token({ aud: audience, sub: 'broker' }, lifetime);

  test.each(['finish-build', 'archive-logs', 'sweep'])('%s takes nothing without a token of its own', async (name) => {
    expect((await post(name)).status).toBe(401);
    expect((await post(name, await target.tokenFor('victim'))).status).toBe(401);
    expect((await post(name, await tokenOf('another-function'))).status).toBe(401);
    expect((await post(name, await tokenOf(name, '-5m'))).status).toBe(401);
    expect((await post(name, await tokenOf(name))).status).toBe(204);
  });

  test.each<[string, Record<string, string>, string | Buffer]>([
    ['of another version', { 'ce-specversion': '9.9' }, body],
    ['without an id', { 'ce-id': '' }, body],
    ['of another source', { 'ce-source': '/elsewhere' }, body],
    ['without a tool', {}, '{"build":"x"}'],
    ['with tools of a strange kind', {}, '{"tool":["a"],"build":{"$ne":1}}'],
    ['that is not JSON', {}, '{'],
    ['that is null', {}, 'null'],
    ['that is empty', {}, ''],
    ['as a batch', { 'content-type': 'application/cloudevents-batch+json' }, '[]'],
  ])('an event %s is refused for good', async (_, more, sent) => {
    const answer = await post('finish-build', await tokenOf('finish-build'), more, sent);
    expect([answer.status, answer.json.code]).toEqual([400, 'body_invalid']);
  });

  test('a huge event', async () => {
    const answer = await post('finish-build', await tokenOf('finish-build'), {}, Buffer.alloc(3 * 1024 * 1024, 32));
    expect([answer.status, answer.json.code]).toEqual([413, 'body_too_large']);
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['a run that is not there', { pipelineRun: { metadata: { name: 'none', namespace: 'image-build' } } }],
    ['another namespace', { pipelineRun: { metadata: { name: 'x', namespace: 'kube-system' } } }],
    ['a path as a name', { pipelineRun: { metadata: { name: '../pods/x', namespace: 'image-build' } } }],
    ['names of a strange kind', { pipelineRun: { metadata: { name: {}, namespace: [] } } }],
    ['null', { pipelineRun: null, taskRun: null }],
  ])('what Tekton seems to send about %s changes nothing', async (_, data) => {
    expect((await post('accept-tekton', undefined, {}, JSON.stringify(data))).status).toBe(204);
  });

  test('a forged end of a build does not end it', async () => {
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
    expect((await post('accept-tekton', undefined, {}, JSON.stringify(forged))).status).toBe(204);
    const told = JSON.stringify({ tool: 'victim', build: name });
    expect((await post('finish-build', await tokenOf('finish-build'), {}, told)).status).toBe(204);
    expect((await victim.get(name)).status).toMatch(/^BUILD_(PENDING|RUNNING)$/);
    await victim.cancel(name);
    expect((await victim.finished(name)).status).toBe('BUILD_CANCELLED');
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s', async (method) => {
    expect((await send(`${internal}/events/sweep`, { method })).status).toBe(405);
  });

  test('the Kubernetes API behind it needs its token', async () => {
    for (const path of [
      '/api/v1/namespaces/image-build/pods',
      '/apis/tekton.dev/v1/namespaces/image-build/pipelineruns',
    ])
      expect((await send(`${internal}${path}`)).status).toBe(401);
  });
});
