import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { registryRefusal } from '../../../../lib/tekton/registry-refusals.ts';
import { documentedRobot } from '../../../support/harbor/documented-robots.ts';
import { createHarbor, type HarborOptions } from '../../../support/harbor/harbor.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const pusher = documentedRobot('builds-push');
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
});

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const image = (...layers: string[]) =>
  JSON.stringify({
    schemaVersion: 2,
    layers: layers.map((layer) => ({ digest: digestOf(layer), size: layer.length })),
  });

/** Starts a fake of Harbor, and returns functions that push to it as the lifecycle does. */
const open = async (options: Partial<HarborOptions> = {}, password = pusher.password) => {
  const harbor = createHarbor({ robots: [pusher], projects: { 'tool-x': { limit: 1000 } }, ...options });
  server = await startServer(harbor.listener);
  const { url } = server;
  const authorization = `Basic ${Buffer.from(`${pusher.name}:${password}`).toString('base64')}`;
  const response = await fetch(`${url}/service/token?scope=x`, { headers: { authorization } });
  const { token } = (await response.json()) as { token: string };
  const send = (method: string, path: string, body?: string) =>
    fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    });
  const pushBlob = async (repository: string, blob: string): Promise<Response> => {
    const started = await send('POST', `/v2/${repository}/blobs/uploads/`);
    if (started.status !== 202) return started;
    const patched = await send('PATCH', started.headers.get('location') ?? '', blob);
    return send('PUT', `${patched.headers.get('location')}&digest=${digestOf(blob)}`);
  };
  const pushManifest = (repository: string, manifest: string, tag = 'latest') =>
    send('PUT', `/v2/${repository}/manifests/${tag}`, manifest);
  return { harbor, url, token, send, pushBlob, pushManifest };
};

/** Returns the status of a refusal, and the explanation that a build shows after it. */
const explained = async (response: Response): Promise<[number, string | undefined]> => {
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  const value = errors.map(({ code, message }) => `ERROR: ${code}: ${message}`).join();
  const step = { name: 'export', container: 'step-export', results: [{ name: 'failure', value }] };
  return [response.status, registryRefusal(step)];
};

test('a pushed image can be pulled by everybody, is in the project, and counts once', async () => {
  const { harbor, send, pushBlob, pushManifest, url } = await open();
  for (let round = 1; round <= 2; round += 1) {
    expect((await pushBlob('tool-x/web', 'layer')).status).toBe(201);
    expect((await pushManifest('tool-x/web', image('layer'))).status).toBe(201);
  }
  const size = image('layer').length + 'layer'.length;
  expect(harbor.projects.get('tool-x')).toMatchObject({
    used: size,
    repositories: { web: [digestOf(image('layer'))] },
  });
  expect(await (await send('GET', '/v2/tool-x/web/manifests/latest')).text()).toBe(image('layer'));
  expect((await send('HEAD', `/v2/tool-x/web/blobs/${digestOf('layer')}`)).headers.get('content-length')).toBe('5');
  const anonymous = (await (await fetch(`${url}/service/token`)).json()) as { token: string };
  const headers = { authorization: `Bearer ${anonymous.token}` };
  expect((await fetch(`${url}/v2/tool-x/web/manifests/latest`, { headers })).status).toBe(200);
});

test('a request without a token is sent to the service of tokens', async () => {
  const { url } = await open();
  const response = await fetch(`${url}/v2/`);
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/service\/token"/);
});

test('an image beyond the limit of its project is refused, as a layer and as a manifest', async () => {
  const { harbor, pushBlob, pushManifest } = await open();
  expect(await explained(await pushBlob('tool-x/web', 'x'.repeat(1001)))).toEqual([
    403,
    expect.stringContaining("1001 B more than the 0 B in use would exceed the tool's limit of 1000 B"),
  ]);
  await pushBlob('tool-x/web', 'x'.repeat(990));
  expect(await explained(await pushManifest('tool-x/web', image('x'.repeat(990))))).toEqual([
    403,
    expect.stringContaining('more than the 990 B in use'),
  ]);
  expect(harbor.projects.get('tool-x')?.repositories).toEqual({});
});

test.each([
  ['without a limit', { limit: -1 }],
  ['without a quota', { limit: undefined }],
])('a project %s takes every image', async (_, project) => {
  const { pushBlob } = await open({ projects: { 'tool-x': project } });
  expect((await pushBlob('tool-x/web', 'x'.repeat(5000))).status).toBe(201);
});

test('a push to a project that was deleted in the middle is refused', async () => {
  const { harbor, pushBlob, pushManifest } = await open();
  await pushBlob('tool-x/web', 'layer');
  harbor.deleteEmptyProjects();
  expect(await explained(await pushManifest('tool-x/web', image('layer')))).toEqual([
    401,
    expect.stringContaining('was deleted while the build ran'),
  ]);
});

test.each([
  ['a wrong password', {}, 'wrong'],
  ['an account that may not push', { robots: [{ ...pusher, permissions: [] }] }, pusher.password],
])('a push with %s is refused', async (_, options, password) => {
  const { pushBlob } = await open(options, password);
  expect(await explained(await pushBlob('tool-x/web', 'layer'))).toEqual([
    401,
    expect.stringContaining("does not let the build use the tool's project"),
  ]);
});

test('an image whose tag is immutable is not replaced', async () => {
  const { pushBlob, pushManifest } = await open({ immutable: [digestOf(image('one'))] });
  for (const layer of ['one', 'two']) await pushBlob('tool-x/web', layer);
  expect((await pushManifest('tool-x/web', image('one'))).status).toBe(201);
  expect(await explained(await pushManifest('tool-x/web', image('two')))).toEqual([
    412,
    expect.stringContaining('a rule of the registry forbids'),
  ]);
});

test('an image that was deleted by the API can not be pulled any more', async () => {
  const { harbor, send, pushManifest } = await open();
  await pushManifest('tool-x/web', image());
  Object.assign(harbor.projects.get('tool-x')?.repositories ?? {}, { web: [] });
  expect((await send('GET', '/v2/tool-x/web/manifests/latest')).status).toBe(404);
});

test('a blob whose digest is wrong, and paths that do not exist, are refused', async () => {
  const { send } = await open();
  expect((await send('PUT', `/v2/tool-x/web/blobs/uploads/a?digest=${digestOf('b')}`, 'c')).status).toBe(400);
  for (const path of ['/v2/tool-x/web/blobs/sha256:0', '/v2/tool-x/web/manifests/none', '/v2/tool-x/web/tags/list'])
    expect([401, 404]).toContain((await send('GET', path)).status);
});

test('a client that goes away while it sends does not end the fake', async () => {
  const { url, token, pushBlob } = await open();
  const { hostname, port } = new URL(url);
  for (const path of ['/v2/tool-x/web/blobs/uploads/a', '/api/v2.0/projects']) {
    const socket = connect(Number(port), hostname);
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 10\r\n\r\nx`);
    await new Promise<void>((resolve) => socket.write('y', () => resolve()));
    socket.destroy();
  }
  expect((await pushBlob('tool-x/web', 'layer')).status).toBe(201);
});
