import { expect, test } from '@jest/globals';
import { storageForQuota, storageForStart } from '../../../../lib/registry/storage.ts';
import { createHarbor } from '../../../support/harbor/harbor.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { administrator, against, againstHarbor, digests, gib, unavailable } from './against.ts';
import { digestOf } from './registry-server.ts';

const projects = () => ({
  'tool-full': { limit: gib, used: gib / 2 },
  'tool-free': { limit: -1 },
  'tool-none': { limit: 0 },
  'tool-open': { limit: undefined },
});
const inTime = () => AbortSignal.timeout(5000);

test.each([
  ['full', { usedBytes: gib / 2, limitBytes: gib }],
  ['free', { usedBytes: 0, limitBytes: undefined }],
  ['none', { usedBytes: 0, limitBytes: 0 }],
  ['open', undefined],
])("storage returns the used bytes and the limit of the project of %s in Harbor's summary", async (tool, storage) => {
  const { registry, requests } = await againstHarbor({ projects: projects() }, { limitBytes: 1 });
  expect(await registry.storage(tool)).toEqual(storage);
  expect(requests).toEqual([`GET /api/v2.0/projects/tool-${tool}/summary`]);
});

test('storageForStart returns the storage of a tool', async () => {
  const { registry } = await againstHarbor({ projects: projects() });
  expect(await storageForStart(registry)('full', inTime())).toEqual({ usedBytes: gib / 2, limitBytes: gib });
});

test('storageForQuota returns the storage of a tool whose project did not exist', async () => {
  const { registry, harbor } = await againstHarbor({ defaultLimit: 7 });
  const lookup = storageForQuota(registry, () => undefined);
  expect(await lookup('new', inTime())).toEqual({ usedBytes: 0, limitBytes: 7 });
  expect(harbor.projects.get('tool-new')).toMatchObject({ isPublic: true });
});

test('storageForQuota says in the log that Harbor shows no quota, and returns no storage', async () => {
  const { registry } = await againstHarbor({ projects: projects() });
  const logged: unknown[] = [];
  const lookup = storageForQuota(registry, (...line) => logged.push(line));
  expect(await lookup('open', inTime())).toBeUndefined();
  expect(logged).toEqual([
    ['WARNING', 'the registry shows no quota, check the permissions of its account', { tool: 'open' }],
  ]);
});

test('storageForQuota returns no storage while the registry is away, and throws where the registry refuses', async () => {
  const away = await against((_request, response) => void response.writeHead(502).end());
  expect(await storageForQuota(away.registry, () => undefined)('a', inTime())).toBeUndefined();
  const refusing = await againstHarbor({ projects: { 'tool-a': { isPublic: false } } });
  await unavailable(storageForQuota(refusing.registry, () => undefined)('a', inTime()), 'registry_refused');
});

test.each([404, 403, 401])(
  'a project that Harbor reports as missing with %i has no storage and no images',
  async (missing) => {
    const { registry } = await againstHarbor({ missing }, { limitBytes: 7 });
    expect(await registry.storage('other')).toEqual({ usedBytes: 0, limitBytes: 7 });
    expect(await registry.clean('other')).toEqual({ deleted: 0, repository: 'tool-other' });
  },
);

test('storage throws 503 where Harbor refuses to show an existing project', async () => {
  const { permissions, ...closed } = administrator;
  const { registry } = await againstHarbor({ robots: [{ ...closed, permissions: [] }], projects: projects() });
  await unavailable(registry.storage('full'), 'registry_refused');
  const wrong = await againstHarbor({ projects: projects() }, { password: fixedSecret('wrong') });
  const { message } = await unavailable(wrong.registry.storage('full'), 'registry_refused');
  expect(message).toMatch(/does not accept the account.*REGISTRY_PASSWORD_FILE/);
});

test.each([true, false])('clean deletes all artifacts of one tool only (Link headers: %s)', async (links) => {
  const repositories = { app: digests(250), 'deep/er': digests(1, 'e'), none: [] };
  const others = { app: digests(2) };
  const own = { 'tool-a': { repositories }, 'tool-ab': { repositories: others } };
  const { registry, requests } = await againstHarbor({ projects: own, links });
  expect(await registry.clean('a')).toEqual({ deleted: 251, repository: 'tool-a/app, tool-a/deep/er' });
  expect(repositories).toEqual({ app: [], 'deep/er': [], none: [] });
  expect(others.app).toHaveLength(2);
  expect(requests).toContain(`DELETE /api/v2.0/projects/tool-a/repositories/deep%252Fer/artifacts/${digestOf('e0')}`);
  expect(await registry.clean('a')).toEqual({ deleted: 0, repository: 'tool-a' });
});

test('clean leaves artifacts that an immutability rule protects', async () => {
  const held = digests(3);
  const own = { 'tool-a': { repositories: { app: held } } };
  const { registry } = await againstHarbor({ projects: own, immutable: held.slice(0, 1) });
  expect(await registry.clean('a')).toEqual({ deleted: 2, repository: 'tool-a/app' });
});

test('clean stops after a refused deletion', async () => {
  const { listener } = createHarbor({
    robots: [administrator],
    projects: { 'tool-a': { repositories: { app: digests(9) } } },
  });
  const { registry, requests } = await against((request, response) =>
    request.method === 'DELETE' ? void response.writeHead(403).end() : listener(request, response),
  );
  await unavailable(registry.clean('a'), 'registry_refused');
  expect(requests.filter((line) => line.startsWith('DELETE')).length).toBeLessThanOrEqual(4);
});
