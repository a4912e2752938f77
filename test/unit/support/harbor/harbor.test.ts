import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { basicCredentials } from '../../../../lib/basic-credentials.ts';
import { createHarbor } from '../../../support/harbor/harbor.ts';
import { administrator } from '../../../support/harbor/robots.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const admin = administrator('a password');
const harbor = createHarbor({
  robots: [admin],
  projects: { full: { repositories: { app: ['sha256:a'] }, used: 7 }, empty: { repositories: { app: [] } } },
});
let server: TestServer;

beforeAll(async () => {
  server = await startServer(harbor.listener);
});
afterAll(async () => {
  await server.close();
  expect(harbor.problems).toEqual([]);
});

const call = async (method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> => {
  const response = await fetch(`${server.url}/api/v2.0${path}`, {
    method,
    headers: { authorization: basicCredentials(admin.name, admin.password), 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
};

test('an administrator deletes a project without images, and no project with images', async () => {
  expect((await call('DELETE', '/projects/full')).status).toBe(412);
  expect((await call('DELETE', '/projects/empty')).status).toBe(200);
  expect([...harbor.projects.keys()]).toEqual(['full']);
});

test('an administrator finds the quota of a project, and changes its limit', async () => {
  const { json } = await call('GET', '/quotas?reference=project&reference_id=1');
  expect(json).toEqual([expect.objectContaining({ id: 1, hard: { storage: 1024 ** 3 }, used: { storage: 7 } })]);
  expect((await call('PUT', '/quotas/1', { hard: { storage: 5 } })).status).toBe(200);
  expect(harbor.projects.get('full')?.limit).toBe(5);
  expect((await call('PUT', '/quotas/9', { hard: { storage: 5 } })).status).toBe(404);
});
