import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Build } from '../../../openapi/generated/types.ts';
import { example } from '../pipeline/git-pod.ts';
import type { Client } from '../service/gateway.ts';
import { openService, type Service, slow, type Tool, until } from '../service/service.ts';
import { openStandIn } from './stand-in.ts';

let service: Service;
let tool: Tool;
let components: Client;

beforeAll(async () => {
  service = await openService((await openStandIn()).gateway);
  tool = await service.tool();
  components = await service.gateway.client('service:components-api');
});
afterAll(() => service.close());

const git = (name: string, ...words: string[]): Promise<string> => {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  const repository = ['-C', `/repositories/${name}.git`, '-c', 'safe.directory=*'];
  return service.namespace.kubectl(['exec', 'git', '--', 'git', ...repository, ...identity, ...words]);
};

/** Starts a build of a component as components-api does. */
const start = (url: string, parameters: Record<string, unknown> = {}) =>
  components.call('POST', tool.path('/builds'), {
    body: { source_url: url, image_name: 'web', use_latest_versions: false, ...parameters },
  });

const buildOf = async (id: string): Promise<Build> =>
  (await components.call('GET', tool.path(`/builds/${id}`))).json.build as Build;

const nameOf = ({ json }: { json: Record<string, unknown> }): string => (json.new_build as { name: string }).name;

test('components-api starts and polls a build of an annotated tag, and finds the build again by what git prints', async () => {
  const url = await service.repository('tagged', await example('static'));
  await git('tagged', 'tag', '--annotate', 'v1', '--message', 'v1', 'main');
  const [printed] = (await git('tagged', 'ls-remote', '.', 'v1')).split(/\s/);
  const [commit] = (await git('tagged', 'rev-parse', 'main')).split(/\s/);
  const started = await start(url, { ref: 'v1' });
  expect(started).toMatchObject({ status: 200, json: { new_build: { resolved_ref: printed } } });
  const id = nameOf(started);
  await until('the build has ended', async () => !/PENDING|RUNNING/.test((await buildOf(id)).status));
  const { builds } = (await components.call('GET', tool.path('/builds'))).json as { builds: Build[] };
  expect(printed).not.toBe(commit);
  expect(builds).toContainEqual(
    expect.objectContaining({
      build_id: id,
      status: 'BUILD_SUCCESS',
      resolved_ref: printed,
      resolved_commit: commit,
      parameters: expect.objectContaining({
        source_url: url,
        image_name: 'web',
        use_latest_versions: false,
        use_deprecated_versions: false,
      }),
    }),
  );
});

test('components-api gets 409 while the queue is full, and its next try after a build has ended starts a build', async () => {
  const url = await service.repository('slow', slow(300));
  const started: string[] = [];
  let refused = await start(url);
  for (; refused.status === 200; refused = await start(url)) started.push(nameOf(refused));
  expect(refused).toMatchObject({ status: 409, json: { code: 'quota_exceeded' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const [first = ''] = started;
  expect((await components.call('PUT', tool.path(`/builds/${first}/cancel`))).status).toBe(200);
  await until('a build can start again', async () => (await start(url)).status === 200);
});

test('components-api takes 404 for a deleted build', async () => {
  const { builds } = (await components.call('GET', tool.path('/builds'))).json as { builds: Build[] };
  const id = builds[0]?.build_id ?? '';
  expect((await components.call('DELETE', tool.path(`/builds/${id}`))).status).toBe(200);
  expect(await components.call('GET', tool.path(`/builds/${id}`))).toMatchObject({ status: 404 });
});
