import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setting } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { builds, openService, type Service, slow, type Tool, until } from '../service/service.ts';
import { setPolicySettings } from '../service/settings.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(() => service.close());

type Variable = { name: string; value: string };
type Function = {
  metadata: { generation: number };
  spec: { template: { spec: { containers: { env: Variable[] }[] } } };
  status: { observedGeneration: number; conditions: { type: string; status: string }[] };
};

const readFunction = async (name: string): Promise<Function> =>
  JSON.parse(await service.kubectl(['get', 'ksvc', name, '-o', 'json'])) as Function;

const setVariables = async (name: string, value: Variable[]): Promise<void> => {
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/env', value }];
  await service.kubectl(['patch', 'ksvc', name, '--type=json', '-p', JSON.stringify(patch)]);
  await until(`${name} has its new settings`, async () => {
    const { metadata, status } = await readFunction(name);
    const isReady = status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    return status.observedGeneration === metadata.generation && isReady;
  });
};

/** Runs `work` while the function start-build is deployed with other settings. */
const withSettings = async <T>(settings: Record<string, string>, work: () => Promise<T>): Promise<T> => {
  const before = (await readFunction('start-build')).spec.template.spec.containers[0]?.env ?? [];
  const changed = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const policy = await setPolicySettings(settings);
  await setVariables('start-build', [...before.filter(({ name }) => !(name in settings)), ...changed]);
  try {
    return await work();
  } finally {
    await setPolicySettings(policy);
    await setVariables('start-build', before);
  }
};

test('a build that exceeds BUILD_TIMEOUT is stopped and keeps its log', async () => {
  const url = await service.repository('slow', slow(600));
  // A BUILD_TIMEOUT of 90 s lets the first step of a build begin even on a slow machine.
  const id = await withSettings({ BUILD_TIMEOUT: '1m30s' }, () => tool.start(url));
  const build = await tool.finished(id);
  expect(build).toMatchObject({
    status: 'BUILD_TIMEOUT',
    message: expect.stringContaining('The build took longer than 1m30s'),
  });
  const lines: string[] = [];
  for await (const { line } of tool.log(id)) lines.push(line);
  expect(lines.join('\n')).toContain('[step-clone]');
});

test('a missing builder image ends the build, and the message names the image', async () => {
  const missing = setting('BUILDER').replace(/:[^/]*$/, ':missing');
  const url = await service.repository('static', await example('static'));
  const id = await withSettings({ BUILDER: missing }, () => tool.start(url));
  const build = await tool.finished(id);
  expect(build.status).toBe('BUILD_FAILURE');
  expect(build.message).toContain(missing);
});

test('a missing run image ends the build, and the message refers to an administrator', async () => {
  const missing = setting('RUNNER').replace(/:[^/]*$/, ':missing');
  const url = await service.repository('static-more', await example('static'));
  const build = await withSettings({ RUNNER: missing }, async () => tool.finished(await tool.start(url)));
  expect(build.message).toMatch(
    /^Step analyze failed with exit code 79: the run image can not be read; an administrator/,
  );
});

test('a missing Secret of the registry ends the build, and the message names the Secret', async () => {
  const url = await service.repository('static-too', await example('static'));
  const name = 'registry-credentials';
  const { metadata, ...secret } = JSON.parse(await service.kubectl(['get', 'secret', name, '-o', 'json']));
  await service.kubectl(['delete', 'secret', name]);
  try {
    const build = await tool.finished(await tool.start(url));
    expect(build.status).toBe('BUILD_FAILURE');
    expect(build.message).toMatch(/^Step analyze failed with exit code 78: the registry's credentials are missing/);
    expect(build.message).toContain(`the Secret ${name}`);
  } finally {
    const { labels, annotations } = metadata;
    const again = { ...secret, metadata: { name, namespace: builds, labels, annotations } };
    await service.kubectl(['apply', '-f', '-'], JSON.stringify(again));
  }
});
