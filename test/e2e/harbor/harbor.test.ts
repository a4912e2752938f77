import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { basicCredentials } from '../../../lib/basic-credentials.ts';
import type { Build } from '../../../openapi/generated/types.ts';
import type { Json } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { openService, type Service, type Tool } from '../service/service.ts';
import { rollBack, untilRolledOut, upgrade } from '../upgrade/release.ts';
import { type ClusterHarbor, startHarbor } from './fake.ts';

let service: Service;
let harbor: ClusterHarbor;
let url: string;
/** Steps that undo what the tests changed, the last one first. */
const undo: (() => Promise<unknown>)[] = [];

const secret = (name: string, type: string, stringData: Record<string, string>): Json => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, stringData },
});

const apply = (...items: Json[]): Promise<string> =>
  service.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

/** Deploys the functions with Harbor as the registry, and gives the builds an account of Harbor. */
const deployWithHarbor = async (): Promise<void> => {
  const { data, type } = JSON.parse(await service.kubectl(['get', 'secret', 'registry-credentials', '-o', 'json']));
  const former = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry-credentials' }, type, data };
  undo.unshift(() => apply(former));
  const { host, accounts } = harbor;
  const auth = basicCredentials(accounts.builds.name, accounts.builds.password).replace('Basic ', '');
  const config = { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth } } }) };
  await apply(
    secret('harbor-account', 'Opaque', { password: accounts.functions.password }),
    secret('registry-credentials', 'kubernetes.io/dockerconfigjson', config),
  );
  undo.unshift(() => service.kubectl(['delete', 'secret', 'harbor-account', '--ignore-not-found']));
  await upgrade('builds-api', [
    'config.registryKind=harbor',
    `config.harborRepository=http://${host}`,
    `config.harborUsername=${accounts.functions.name}`,
    'api.passwordSecretName=harbor-account',
  ]);
  undo.unshift(async () => {
    await rollBack('builds-api');
    await untilRolledOut();
  });
  await untilRolledOut();
};

beforeAll(async () => {
  service = await openService();
  harbor = await startHarbor(service);
  url = await service.repository('static', await example('static'));
  await deployWithHarbor();
});

afterAll(async () => {
  for (const step of undo) await step();
  await service.close();
});

afterEach(async () => {
  expect(await harbor.problems()).toBe('');
});

const projectOf = ({ name }: Tool): string => `tool-${name}`;

/** Returns the names of a project's repositories. Undefined where Harbor has no such project. */
const repositories = async (project: string): Promise<string[] | undefined> => {
  const { status, json } = await harbor.call('GET', `/projects/${project}/repositories`);
  return status === 200 ? (json as { name: string }[]).map(({ name }) => name) : undefined;
};

const built = async (tool: Tool): Promise<Build> => tool.finished(await tool.start(url));

const expectPushed = async (tool: Tool, { status, destination_image }: Build): Promise<void> => {
  const [project, name] = [projectOf(tool), `${projectOf(tool)}/${projectOf(tool)}`];
  expect(status).toBe('BUILD_SUCCESS');
  expect(destination_image).toMatch(new RegExp(`^${harbor.host}/${name}:latest@sha256:[0-9a-f]{64}$`));
  expect(await repositories(project)).toContain(name);
};

test('a tool that never built finds its project made, public, and its image pushed', async () => {
  const tool = await service.tool();
  expect(await repositories(projectOf(tool))).toBeUndefined();
  await expectPushed(tool, await built(tool));
  const { json } = await harbor.call('GET', `/projects/${projectOf(tool)}`);
  expect(json).toMatchObject({ name: projectOf(tool), metadata: { public: 'true' } });
  const quota = await tool.client.call('GET', tool.path('/quotas'));
  expect([quota.status, quota.text]).toEqual([200, expect.stringContaining('"limit":"1.00Gi"')]);
});

test('a tool whose project exists builds into it, and after its deletion the next start makes the project again', async () => {
  const tool = await service.tool();
  expect((await tool.client.call('GET', tool.path('/quotas'))).status).toBe(200);
  expect(await repositories(projectOf(tool))).toEqual([]);
  await expectPushed(tool, await built(tool));
  const cleaned = await tool.client.call('POST', tool.path('/clean'));
  expect(cleaned).toMatchObject({ status: 200, text: expect.stringMatching(/Deleted [1-9][0-9]* artifacts/) });
  // A daily job of Toolforge deletes projects without images.
  expect((await harbor.call('DELETE', `/projects/${projectOf(tool)}`)).status).toBe(200);
  expect(await repositories(projectOf(tool))).toBeUndefined();
  await expectPushed(tool, await built(tool));
});

test('the message of a build whose image exceeds the quota says by how much, which limit, and what to do', async () => {
  const tool = await service.tool();
  await tool.client.call('GET', tool.path('/quotas'));
  const { json: project } = await harbor.call('GET', `/projects/${projectOf(tool)}`);
  const { project_id: id } = project as { project_id: number };
  const { json: quotas } = await harbor.call('GET', `/quotas?reference=project&reference_id=${id}`);
  const [quota] = quotas as { id: number }[];
  const hard = { storage: 5 * 1024 * 1024 };
  expect((await harbor.call('PUT', `/quotas/${quota?.id}`, { hard })).status).toBe(200);
  const { status, message } = await built(tool);
  expect(status).toBe('BUILD_FAILURE');
  expect(message).toMatch(/^Step export failed with exit code 62: the registry has no storage left for the image: /);
  expect(message).toMatch(
    /: [0-9.]+ [KM]iB more than the [0-9.]+ [KM]?i?B in use would exceed the tool's limit of 5\.0 MiB\./,
  );
  expect(message).toMatch(/Run `toolforge build clean`/);
});

test('while Harbor is away, a start gets 503 with a sentence, and makes no build', async () => {
  const tool = await service.tool();
  const start = () => tool.client.call('POST', tool.path('/builds'), { body: { source_url: url } });
  const refused = await harbor.whileAway(start);
  expect(refused).toMatchObject({ status: 503, json: { code: 'registry_unavailable' } });
  expect(refused.json.error).toEqual([expect.stringMatching(/registry.*\. .*again/)]);
  expect((await tool.client.call('GET', tool.path('/builds'))).json.builds).toEqual([]);
});
