import type { RequestListener } from 'node:http';
import { expect, test } from '@jest/globals';
import { pushedImage } from '../../../../lib/registry/names.ts';
import { createRegistry } from '../../../../lib/registry/registry.ts';
import { documentedRobot } from '../../../support/harbor/documented-robots.ts';
import { createHarbor } from '../../../support/harbor/harbor.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { administrator, against, againstHarbor, digests, password, unavailable, user } from './against.ts';

const creations = (requests: string[]) => requests.filter((line) => line.startsWith('POST'));

/** A robot account that lacks some permissions of the documented one. */
const lacking = (resource: string, action: string) => ({
  ...administrator,
  permissions: administrator.permissions.map(({ access, ...scope }) => ({
    ...scope,
    access: access.filter((one) => one.resource !== resource || one.action !== action),
  })),
});

test.each([
  ['mine', 'tool-mine'],
  ['my-_x', 'tool-my-char.sep_x'],
])(
  'prepare makes the missing project of %s public, and an image of the tool is in that project',
  async (tool, name) => {
    const { registry, harbor, requests } = await againstHarbor();
    await registry.prepare(tool);
    expect([...harbor.projects]).toEqual([[name, expect.objectContaining({ isPublic: true })]]);
    expect(pushedImage('registry.example', tool, 'app')).toContain(`/${name}/app`);
    expect(requests).toEqual([`GET /api/v2.0/projects/${name}`, 'POST /api/v2.0/projects']);
  },
);

test.each([403, 404])('prepare leaves an existing project as it is (status of a missing one: %i)', async (missing) => {
  const projects = { 'tool-a': { limit: 5, used: 3 } };
  const { registry, harbor, requests } = await againstHarbor({ projects, missing });
  await registry.prepare('a');
  expect(harbor.projects.get('tool-a')).toMatchObject({ limit: 5, used: 3 });
  expect(creations(requests)).toEqual([]);
  await registry.prepare('b');
  expect(creations(requests)).toHaveLength(1);
});

test('prepare makes a project again that was deleted because it held no image', async () => {
  const projects = { 'tool-a': { repositories: { app: digests(1) } } };
  const { registry, harbor } = await againstHarbor({ projects });
  await registry.prepare('a');
  await registry.prepare('b');
  await registry.clean('a');
  harbor.deleteEmptyProjects();
  expect(harbor.projects.size).toBe(0);
  await Promise.all([registry.prepare('a'), registry.prepare('b')]);
  expect([...harbor.projects.keys()].sort()).toEqual(['tool-a', 'tool-b']);
});

test('ten calls of prepare at once make the project by one request', async () => {
  const { registry, requests } = await againstHarbor();
  await Promise.all(Array.from({ length: 10 }, () => registry.prepare('a')));
  expect(requests).toHaveLength(2);
  await registry.prepare('a');
  expect(creations(requests)).toHaveLength(1);
});

test('ten instances that make the same project at once all succeed', async () => {
  const { url, harbor } = await againstHarbor();
  const instances = Array.from({ length: 10 }, () =>
    createRegistry({ kind: 'harbor', url, username: user, password: fixedSecret(password), attempts: 1 }),
  );
  await Promise.all(instances.map((instance) => instance.prepare('a')));
  expect(harbor.projects.size).toBe(1);
});

test('prepare succeeds where the response to its first request was lost', async () => {
  const { listener } = createHarbor({ robots: [administrator] });
  let lost = 1;
  const { registry, requests } = await against((request, response) => {
    if (request.method === 'POST' && lost-- > 0) response.end = () => response.destroy();
    listener(request, response);
  });
  await registry.prepare('a');
  expect(creations(requests)).toHaveLength(2);
});

test('a caller that leaves does not end the call of prepare for the others', async () => {
  const { registry, harbor } = await againstHarbor();
  const caller = new AbortController();
  const [gone, stays] = [registry.prepare('a', caller.signal), registry.prepare('a')];
  caller.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  await stays;
  expect(harbor.projects.has('tool-a')).toBe(true);
});

test.each([
  ['is not public', { isPublic: false }, /tool-a .* not public.*make it public/],
  ['is a cache of another registry', { isProxyCache: true }, /tool-a .*cache of another registry.*replace it/],
])('prepare refuses a project that %s, and says who can change that', async (_, project, sentence) => {
  const { registry, requests } = await againstHarbor({ projects: { 'tool-a': project } });
  expect((await unavailable(registry.prepare('a'), 'registry_refused')).message).toMatch(sentence);
  expect(creations(requests)).toEqual([]);
});

test('prepare refuses a project that belongs to somebody else', async () => {
  const { registry } = await againstHarbor({ robots: [lacking('project', 'read')], projects: { 'tool-a': {} } });
  const { message } = await unavailable(registry.prepare('a'), 'registry_refused');
  expect(message).toMatch(/has a project tool-a that the build service may not use\. Ask an administrator/);
});

test('prepare says that an administrator must act where the account may not make projects', async () => {
  const { registry, harbor } = await againstHarbor({ robots: [lacking('project', 'create')] });
  const { message, cause } = await unavailable(registry.prepare('a'), 'registry_refused');
  expect(message).toMatch(/refused to make the project tool-a.*permissions of its account/);
  expect(String(cause)).toContain('creating tool-a: status 403: refused');
  expect(harbor.projects.size).toBe(0);
});

test('prepare says that the account must be renewed where the password is wrong', async () => {
  const { registry } = await againstHarbor({ robots: [documentedRobot('builds-api', 'renewed')] });
  const { message } = await unavailable(registry.prepare('a'), 'registry_refused');
  expect(message).toMatch(/does not accept the account.*renew it/);
});

test.each([
  ['an unknown status', 418, ''],
  ['HTML', 400, '<html>'],
  ['errors without a list', 412, '{"errors":7}'],
  ['null', 422, 'null'],
])('prepare refuses the project where the registry answers its creation with %s', async (_, status, body) => {
  const { registry } = await against((request, response) =>
    response.writeHead(request.method === 'POST' ? status : 404).end(body),
  );
  await unavailable(registry.prepare('a'), 'registry_refused');
});

test.each([
  ['no metadata', '{}'],
  ['metadata of another type', '{"metadata":{"public":true}}'],
  ['metadata that says so', '{"metadata":{"public":"false"}}'],
])('prepare takes a project for not public where its description has %s', async (_, body) => {
  const { registry } = await against((_request, response) => response.end(body));
  await unavailable(registry.prepare('a'), 'registry_refused');
});

test.each<[string, RequestListener]>([
  ['responds with 503', (_request, response) => response.writeHead(503).end('down')],
  ['closes the connection', (request) => request.socket.destroy()],
  ['never responds', () => undefined],
  ['redirects', (_request, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()],
  ['sends HTML', (_request, response) => response.end('<html>')],
  ['sends null', (_request, response) => response.end('null')],
  ['sends a list', (_request, response) => response.end('[]')],
  [
    'fails when a project is made',
    (request, response) => response.writeHead(request.method === 'POST' ? 500 : 404).end(),
  ],
])('prepare throws 503 registry_unavailable where the registry %s', async (_what, listener) => {
  const { registry } = await against(listener, { attempts: 2, timeoutMs: 300 });
  await unavailable(registry.prepare('a'));
});
