import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Build, build } from './builds.ts';
import { makeNamespace, marker, type Namespace, setting } from './cluster.ts';
import { example, type GitServer, startGitServer } from './git-pod.ts';
import { pageOf, toolUser } from './image-pod.ts';
import { imageName, readConfig, readLayer, readManifest, removeImage } from './registry.ts';
import { installTestPipeline, testBuilder } from './test-builder.ts';

const prefix = `pipeline-test/${randomBytes(4).toString('hex')}`;
const pushed: string[] = [];
let namespace: Namespace;
let git: GitServer;

const imagePath = (name: string): string => {
  pushed.push(`${prefix}/${name}`);
  return `${prefix}/${name}`;
};

beforeAll(async () => {
  namespace = await makeNamespace();
  await installTestPipeline(namespace);
  git = await startGitServer(namespace);
});

afterAll(async () => {
  for (const path of pushed) for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
  await namespace?.remove();
});

describe('the pipeline on examples/', () => {
  test.each([
    ['node', 'Hello from Node.js'],
    ['python', 'Hello from Python'],
    ['static', 'Hello from a static site'],
    ['procfile', 'Hello from a Procfile'],
  ])('the example %s is built from git, runs without privileges and serves its page', async (name, words) => {
    const path = imagePath(name);
    const source = await git.commit(name, await example(name));
    const run = await build(namespace, { ...source, image: imageName(`${path}:latest`) });
    expect([run.reason, run.failed]).toEqual([expect.stringContaining('Tasks Completed: 1'), undefined]);
    const manifest = await readManifest(path, 'latest');
    expect(run.results).toEqual({ APP_IMAGE_URL: imageName(`${path}:latest`), APP_IMAGE_DIGEST: manifest.digest });
    expect(await pageOf(namespace, git, `app-${name}`, imageName(`${path}@${manifest.digest}`), toolUser)).toContain(
      words,
    );
    const { config } = await readConfig(path, manifest);
    expect(config.User).toBe(testBuilder().imageUser);
  });
});

describe('the pipeline on a second build', () => {
  test('a second build of the same commit has the same digest and reuses the layers', async () => {
    const path = imagePath('again');
    const files = { ...(await example('node')), ...(await localDependency()) };
    const source = await git.commit('again', files);
    const first = await build(namespace, { ...source, image: imageName(`${path}:latest`) });
    const second = await build(namespace, { ...source, image: imageName(`${path}:latest`) });
    expect([first.failed, second.failed]).toEqual([undefined, undefined]);
    expect(second.results).toEqual(first.results);
    expect(await second.log('restore')).toContain('Restoring data for "toolforge/node:cache" from cache');
    expect(await second.log('export')).toMatch(/Reusing layer 'toolforge\/node:/);
  });

  test('a build of another commit reuses the layers that did not change', async () => {
    const path = imagePath('changed');
    const source = await git.commit('changed', await example('python'));
    const first = await build(namespace, { ...source, image: imageName(`${path}:latest`) });
    const before = await readManifest(path, 'latest');
    const commit = await git.amend('changed', { ...(await example('python')), 'more.txt': 'more' });
    const second = await build(namespace, { ...source, commit, image: imageName(`${path}:latest`) });
    const after = await readManifest(path, 'latest');
    expect([first.failed, second.failed]).toEqual([undefined, undefined]);
    expect(after.digest).not.toBe(before.digest);
    const known = new Set(before.layers.map(({ digest }) => digest));
    const changed = after.layers.filter(({ digest }) => !known.has(digest));
    const files = await Promise.all(changed.map((layer) => readLayer(path, layer)));
    // The labels with the commit are in the metadata.
    const lastNames = files.map((one) => Object.keys(one).at(-1)?.replace(/^\//, ''));
    expect(lastNames.sort()).toEqual(['layers/config/metadata.toml', 'workspace/requirements.txt']);
    expect(await second.log('export')).toMatch(/Reusing layer 'toolforge\/python:/);
  });
});

/** Returns files of a Node.js project with a dependency inside the repository, so that npm needs no network. */
const localDependency = async () => {
  const manifest = {
    ...JSON.parse((await example('node'))['package.json'] ?? '{}'),
    dependencies: { local: 'file:local' },
  };
  return {
    'package.json': JSON.stringify(manifest),
    'local/package.json': JSON.stringify({ name: 'local', version: '1.0.0' }),
  };
};

describe('the parameters of a build', () => {
  const probe = `const { env } = process;
for (const name of Object.keys(env).filter((key) => key.startsWith('PROBE_'))) {
  console.log('value', name, JSON.stringify(env[name]));
}`;
  const manifest = JSON.stringify({ name: 'probe', scripts: { build: 'node probe.mjs', start: 'node probe.mjs' } });

  const values: Record<string, string> = {
    PROBE_QUOTES: `it's "quoted" \\ and `.concat('`id` $(id) $HOME'),
    PROBE_PARAMETER: '$(params.RUN_IMAGE) $(HOME) $$ $$(HOME) 100% %24 %25',
    PROBE_LINES: 'one\ntwo\n',
    PROBE_EMPTY: '',
    PROBE_EQUALS: 'a=b=c',
    PROBE_DASHES: '--help',
    PROBE_UNICODE: 'žluťoučký kůň 🐎',
  };
  let run: Build;

  beforeAll(async () => {
    const source = await git.commit('variables', { 'package.json': manifest, 'probe.mjs': probe });
    const variables = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    const path = imagePath('variables');
    run = await build(namespace, { ...source, variables, image: imageName(`${path}:latest`) });
  });

  test('the build step gets every variable unchanged', async () => {
    expect(run.failed).toBeUndefined();
    const log = await run.log('build');
    for (const [name, value] of Object.entries(values)) {
      expect(log).toContain(`value ${name} ${JSON.stringify(value)}`);
    }
  });

  test('only the steps that use the registry have its credentials', async () => {
    type Container = { name: string; volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[] };
    type Pod = {
      spec: { containers: Container[]; initContainers: Container[]; automountServiceAccountToken?: boolean };
    };
    const { spec } = await namespace.get<Pod>('pod', run.podName);
    const all = [...spec.containers, ...(spec.initContainers ?? [])];
    const holders = all.filter(({ volumeMounts }) =>
      volumeMounts.some((mount) => mount.name === 'registry-credentials'),
    );
    expect(holders.map(({ name }) => name)).toEqual(['step-analyze', 'step-restore', 'step-export']);
    const tokens = all.flatMap(({ volumeMounts }) =>
      volumeMounts.filter(({ mountPath }) => /serviceaccount/.test(mountPath)),
    );
    expect(tokens).toEqual([]);
    expect(JSON.stringify(spec)).not.toContain(marker);
    expect(setting('RUNNER')).not.toBe('');
  });
});
