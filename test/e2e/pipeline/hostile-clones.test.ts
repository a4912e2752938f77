import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { createGitObjects } from '../../support/git-objects.ts';
import {
  gitFiles,
  gitFolder,
  growingFiles,
  type HostileRepository,
  hostileRepositories,
} from '../../support/hostile-repositories.ts';
import { type Build, build } from './builds.ts';
import { makeNamespace, type Namespace } from './cluster.ts';
import { type GitServer, startGitServer } from './git-pod.ts';
import { imageName, removeImage } from './registry.ts';
import { installTestPipeline } from './test-builder.ts';

/** Builds at the same time. The builds end in their first step and mostly wait for Tekton. */
const limit = pLimit(3);
const builds = new Map<string, Promise<Build>>();
const path = `pipeline-test/${randomBytes(4).toString('hex')}/hostile-clones`;
let repositories: string;
let namespace: Namespace;
let git: GitServer;

/** Builds a repository whose objects a test writes. */
const buildObjects = async (name: string, make: HostileRepository['make']): Promise<Build> => {
  const folder = join(repositories, `${name}.git`);
  const objects = await createGitObjects(folder);
  const commit = await objects.commit(await make(objects));
  const url = await git.copy(folder);
  return build(namespace, { url, commit, image: imageName(`${path}:latest`) });
};

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'hostile-clones-'));
  namespace = await makeNamespace();
  await installTestPipeline(namespace);
  git = await startGitServer(namespace);
  for (const [at, [name, { make }]] of Object.entries(hostileRepositories).entries()) {
    const run = limit(() => buildObjects(`hostile-${at}`, make));
    // The test of this repository awaits the build later. Until then a failure must not end the process.
    run.catch(() => {});
    builds.set(name, run);
  }
});

afterAll(async () => {
  await rm(repositories, { recursive: true, force: true });
  for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
  await namespace?.remove();
});

test.each(Object.entries(hostileRepositories))(
  'the step clone refuses, before the disk is full or time is up: %s',
  async (name, { refusal }) => {
    const run = await builds.get(name);
    expect(run?.failed).toMatchObject({ step: 'clone', exitCode: 128 });
    expect(await run?.log('clone')).toMatch(refusal);
    expect(run?.failed?.message).toMatch(refusal);
  },
);

test('the step clone writes the bytes of the commit, whatever its attributes ask for', async () => {
  let bytes = 0;
  const run = await buildObjects('growing', async (objects) => {
    const { tree, files } = await growingFiles(objects);
    bytes = Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
    return tree;
  });
  expect(await run.log('clone')).toContain(`${bytes} bytes`);
  // Nothing in the commit is an application, so the build ends in the next step that looks at the files.
  expect(run.failed).toMatchObject({ step: 'detect' });
});

test('the step clone refuses a repository that brings a folder .git', async () => {
  const run = await buildObjects('own-git', (objects) => gitFolder(objects, '.git', 'touch /workspace/ran'));
  expect(run.failed).toMatchObject({ step: 'clone', exitCode: 128 });
  expect(await run.log('clone')).toContain("invalid path '.git/");
});

test('configuration, filters, hooks and a repository among the files of a repository run no program', async () => {
  const run = await buildObjects('git-files', async (objects) => {
    const procfile = { type: 'blob', name: 'Procfile', hash: await objects.blob('web: x\n') } as const;
    const scripts = { build: 'ls; git status --porcelain --ignored; git config --local --list', start: 'x' };
    const manifest = await objects.blob(JSON.stringify({ name: 'x', scripts }));
    const entries = [procfile, { type: 'blob', name: 'package.json', hash: manifest } as const];
    return gitFiles(objects, 'touch /workspace/ran', entries);
  });
  const log = await run.log('build');
  expect(log).toContain('core.bare=');
  expect(log).not.toMatch(/^ran$|hookspath|fsmonitor|filter\.x/im);
});
