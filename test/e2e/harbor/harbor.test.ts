import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentedRobot } from '../../support/harbor/documented-robots.ts';
import { type Json, kubectl, waitTimeout } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { bundle, programPod } from '../program-pod.ts';
import { openService, type Service } from '../service/service.ts';
import { settings } from '../site.js';
import { clusterDomain } from '../toolforge/cluster-domain.ts';
import { rollBack, untilRolledOut, upgrade } from '../upgrade/release.ts';

const root = join(import.meta.dirname, '../../..');
const passwords = { api: randomBytes(16).toString('hex'), push: randomBytes(16).toString('hex') };

let service: Service;
/** Host of the fake of Harbor in names of images. The lifecycle speaks plain HTTP with a host whose name ends in .local. */
let host: string;
let formerCredentials: Json;

const harborService: Json = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'harbor' },
  spec: { selector: { app: 'harbor' }, ports: [{ port: 8080 }] },
};

/** Starts the fake of Harbor, with the robot accounts that docs/deploy.md makes. */
const startHarbor = async (): Promise<void> => {
  const { namespace, gateway } = service;
  const program = join(gateway.folder, 'harbor.mjs');
  await bundle('test/support/harbor/main.ts', program);
  const files = [program, join(root, 'docs/deploy.md'), join(root, 'test/fixtures/harbor/api-v2.0.yaml')];
  await namespace.kubectl(['create', 'configmap', 'harbor', ...files.map((file) => `--from-file=${file}`)]);
  const env = { PORT: '8080', API_PASSWORD: passwords.api, PUSH_PASSWORD: passwords.push };
  // The program reads its files by paths relative to its own folder in the repository.
  const folder = '/app';
  const mount = {
    configMap: 'harbor',
    folder,
    files: {
      'harbor.mjs': 'test/support/harbor/harbor.mjs',
      'deploy.md': 'docs/deploy.md',
      'api-v2.0.yaml': 'test/fixtures/harbor/api-v2.0.yaml',
    },
  };
  const args = [`${folder}/test/support/harbor/harbor.mjs`];
  await namespace.apply(programPod('harbor', settings.ARCHIVER_IMAGE ?? '', args, env, mount), harborService);
  await namespace.kubectl(['wait', '--for=condition=Ready', 'pod/harbor', waitTimeout]);
};

const secret = (name: string, type: string, stringData: Record<string, string>): Json => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  type,
  stringData,
});

const apply = (...items: Json[]): Promise<string> =>
  service.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

const dockerConfig = (): string => {
  const auth = Buffer.from(`robot$builds-push:${passwords.push}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
};

beforeAll(async () => {
  service = await openService();
  host = `harbor.${service.namespace.name}.svc.${await clusterDomain()}:8080`;
  await startHarbor();
  const { data, type } = JSON.parse(await service.kubectl(['get', 'secret', 'registry-credentials', '-o', 'json']));
  formerCredentials = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry-credentials' }, type, data };
  await apply(
    secret('harbor-account', 'Opaque', { password: passwords.api }),
    secret('registry-credentials', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': dockerConfig() }),
  );
  await upgrade('builds-api', [
    'config.registryKind=harbor',
    `config.harborRepository=http://${host}`,
    'config.harborUsername=robot$builds-api',
    'api.passwordSecretName=harbor-account',
  ]);
  await untilRolledOut();
});

afterAll(async () => {
  await rollBack('builds-api');
  await untilRolledOut();
  await apply(formerCredentials);
  await service.kubectl(['delete', 'secret', 'harbor-account']);
  await service.close();
});

/** Asks the fake of Harbor, from the pod of the git server. */
const fromHarbor = async (path: string): Promise<Json[]> => {
  const user = documentedRobot('builds-api').name;
  const words = [
    'exec',
    'git',
    '--',
    'curl',
    '-sf',
    '-u',
    `${user}:${passwords.api}`,
    `http://${host}/api/v2.0${path}`,
  ];
  return JSON.parse(await service.namespace.kubectl(words)) as Json[];
};

test('a tool that never built finds its project made and its image pushed', async () => {
  const tool = await service.tool();
  const project = `tool-${tool.name}`;
  const build = await tool.finished(await tool.start(await service.repository('static', await example('static'))));
  const image = expect.stringContaining(`${host}/${project}/${project}:latest@sha256:`);
  expect(build).toMatchObject({ status: 'BUILD_SUCCESS', destination_image: image });
  const repositories = await fromHarbor(`/projects/${project}/repositories`);
  expect(repositories.map(({ name }) => name)).toContain(`${project}/${project}`);
  const quota = await tool.client.call('GET', tool.path('/quotas'));
  expect([quota.status, quota.text]).toEqual([200, expect.stringContaining('"limit":"1.00Gi"')]);
  // The fake prints what Harbor's API document does not allow.
  expect(await kubectl(['--namespace', service.namespace.name, 'logs', 'harbor'])).toBe('');
});
