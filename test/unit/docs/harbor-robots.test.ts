import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createRegistry } from '../../../lib/registry/registry.ts';
import { definitionProblems } from '../../support/harbor/api-document.ts';
import { documentedRequest, documentedRobot } from '../../support/harbor/documented-robots.ts';
import { createHarbor } from '../../support/harbor/harbor.ts';
import { mayDo, type Robot } from '../../support/harbor/robots.ts';
import { fixedSecret } from '../../support/secret.ts';
import { startServer, type TestServer } from '../../support/server.ts';

let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
});

/** Does everything that the functions do in Harbor. Returns what they found, or the error's code. */
const useHarbor = async (robot: Robot): Promise<unknown> => {
  const harbor = createHarbor({ robots: [robot], projects: { 'tool-a': { repositories: { app: ['sha256:a'] } } } });
  server = await startServer(harbor.listener);
  const { name: username, password } = robot;
  const registry = createRegistry({ kind: 'harbor', url: server.url, username, password: fixedSecret(password) });
  try {
    await registry.prepare('a');
    await registry.prepare('b');
    const [storage, cleaned] = [await registry.storage('a'), await registry.clean('a')];
    return { projects: harbor.projects.size, storage, cleaned };
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await server.close();
  }
};

const everything = {
  projects: 2,
  storage: { usedBytes: 0, limitBytes: 1024 ** 3 },
  cleaned: { deleted: 1, repository: 'tool-a/app' },
};

test.each(['builds-api', 'builds-push'])("the documented request for %s follows Harbor's API document", (name) => {
  expect(definitionProblems('RobotCreate', documentedRequest(name))).toEqual([]);
  expect(documentedRequest(name)).toMatchObject({ level: 'system', duration: -1 });
});

test("every documented action is one that Harbor's API document names for robot accounts", () => {
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/harbor/api-v2.0.yaml'), 'utf8');
  const named = /Possible actions are (.*?)\.$/m.exec(text)?.[1]?.split(/, | and /) ?? [];
  for (const name of ['builds-api', 'builds-push'])
    for (const { access } of documentedRequest(name).permissions)
      for (const { action } of access) expect(named).toContain(action);
});

test('the functions can do all their work with the documented permissions', async () => {
  expect(await useHarbor(documentedRobot('builds-api'))).toEqual(everything);
});

const permissions = documentedRequest('builds-api').permissions.flatMap(({ kind, access }) =>
  access.map((one) => ({ kind, ...one })),
);

test.each(permissions)('the functions need the documented permission $kind $resource $action', async (without) => {
  const robot = documentedRobot('builds-api');
  const reduced = robot.permissions.map(({ access, ...scope }) => ({
    ...scope,
    access: access.filter(
      ({ resource, action }) =>
        scope.kind !== without.kind || resource !== without.resource || action !== without.action,
    ),
  }));
  expect(await useHarbor({ ...robot, permissions: reduced })).not.toEqual(everything);
});

test('the account of builds may push and pull in every project, and nothing else', () => {
  const robot = documentedRobot('builds-push');
  expect(robot.permissions.flatMap(({ access }) => access)).toHaveLength(2);
  for (const action of ['push', 'pull'])
    expect(mayDo(robot, { kind: 'project', resource: 'repository', action }, 'tool-a')).toBe(true);
});
