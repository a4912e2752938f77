import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { createGitObjects } from '../../support/git-objects.ts';
import { growingFiles, type HostileRepository, hostileRepositories } from '../../support/hostile-repositories.ts';
import { type Build, build } from './builds.ts';
import { installPipeline, makeNamespace, type Namespace } from './cluster.ts';
import { type GitServer, startGitServer } from './git-pod.ts';
import { imageName } from './registry.ts';

/** Builds at the same time. The builds end in their first step and mostly wait for Tekton. */
const limit = pLimit(3);
const builds = new Map<string, Promise<Build>>();
let repositories: string;
let namespace: Namespace;
let git: GitServer;

/** Builds a repository whose objects a test writes. The image is never pushed, because no such build gets that far. */
const buildObjects = async (name: string, make: HostileRepository['make']): Promise<Build> => {
  const folder = join(repositories, `${name}.git`);
  const objects = await createGitObjects(folder);
  const commit = await objects.commit(await make(objects));
  const url = await git.copy(folder);
  return build(namespace, { url, commit, image: imageName('pipeline-test/hostile-clones:latest') });
};

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'hostile-clones-'));
  namespace = await makeNamespace();
  await installPipeline(namespace);
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
