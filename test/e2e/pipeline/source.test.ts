import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitFiles, makeRepository, type Submodule } from '../../unit/knative/pipeline/steps/clone-run.ts';
import { createRepository, git as gitIn } from '../../unit/lib/source/git-server.ts';
import { type Build, build } from './builds.ts';
import { makeNamespace, type Namespace } from './cluster.ts';
import { type GitServer, startGitServer } from './git-pod.ts';
import { imageName, readConfig, readLayer, readManifest, removeImage } from './registry.ts';
import { installTestPipeline } from './test-builder.ts';

const path = `pipeline-test/${randomBytes(4).toString('hex')}/source`;
const image = imageName(`${path}:latest`);
let repositories: string;
let namespace: Namespace;
let git: GitServer;
let library: string;

const manifest = JSON.stringify({ name: 'x', scripts: { build: 'sh ./build.sh', start: 'node server.mjs' } });
const program = `echo "describe: $(git describe --dirty)"
echo "version: $SOURCE_VERSION"
echo "library: $(cat lib/l.txt)"
git init -q vendored && echo x >vendored/x
`;

const submodule = (address: string): Submodule => ({ path: 'lib', commit: library, lines: [`url = ${address}`] });

/** Makes a repository with a tag, and then a commit with a submodule. */
const makeTool = (name: string, address: string): { folder: string; commit: string } => {
  const folder = createRepository(repositories, `${name}.git`);
  commitFiles(folder, { files: { 'server.mjs': '' } });
  gitIn(folder, 'tag', '-a', 'v3.0', '-m', 'a version');
  const files = { 'package.json': manifest, 'build.sh': program };
  return { folder, commit: commitFiles(folder, { files, submodules: [submodule(address)] }) };
};

const buildTool = async ({ folder, commit }: { folder: string; commit: string }): Promise<Build> =>
  build(namespace, { url: await git.copy(folder), commit, image });

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'e2e-source-'));
  namespace = await makeNamespace();
  await installTestPipeline(namespace);
  git = await startGitServer(namespace);
  library = makeRepository(repositories, 'library.git', { files: { 'l.txt': 'text of the library' } });
  await git.copy(join(repositories, 'library.git'));
});
afterAll(async () => {
  await rm(repositories, { recursive: true, force: true });
  for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
  await namespace?.remove();
});

test('a build has the history, the submodules and the commit, and its image has labels and no folder of git', async () => {
  const { folder, commit } = makeTool('tool', '../library.git');
  const url = await git.copy(folder);
  const run = await build(namespace, { url, commit, image });
  expect(run.failed).toBeUndefined();
  const log = await run.log('build');
  expect(log).toContain(`describe: v3.0-1-g${commit.slice(0, 7)}\n`);
  expect(log).toContain(`version: ${commit}`);
  expect(log).toContain('library: text of the library');
  const written = await readManifest(path, 'latest');
  const { config } = await readConfig(path, written);
  expect(config.Labels).toMatchObject({
    'org.opencontainers.image.revision': commit,
    'org.opencontainers.image.source': url,
  });
  expect(Object.keys(config.Labels as object)).not.toContain('org.opencontainers.image.created');
  const own = written.layers.filter(({ size }) => size < 20_000_000);
  const names = (await Promise.all(own.map((layer) => readLayer(path, layer)))).flatMap((files) => Object.keys(files));
  expect(names.some((name) => name.endsWith('lib/l.txt'))).toBe(true);
  expect(names.filter((name) => name.split('/').includes('.git'))).toEqual([]);
  const again = await build(namespace, { url, commit, image });
  expect(again.results.APP_IMAGE_DIGEST).toBe(run.results.APP_IMAGE_DIGEST);
});

test('the step clone refuses a submodule whose name leads to a service of the cluster', async () => {
  const run = await buildTool(makeTool('private', 'https://kubernetes.default.svc/x.git'));
  const message = expect.stringContaining('not on the public Internet');
  expect(run.failed).toMatchObject({ step: 'clone', exitCode: 128, message });
  expect(run.failed?.message).toContain('The submodule at lib: ');
});

test('a repository that uses SHA-256 is fetched, and its files of git LFS get one warning', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 5\n`;
  const files = { 'a.png': pointer, 'b.png': pointer };
  const commit = makeRepository(repositories, 'long.git', { files }, '--object-format=sha256');
  const run = await buildTool({ folder: join(repositories, 'long.git'), commit });
  const log = await run.log('clone');
  expect(log).toContain(`Commit ${commit}: 2 files`);
  expect(log).toContain('git LFS has the contents of 2 files');
  // Nothing in the commit is an application.
  expect(run.failed).toMatchObject({ step: 'detect' });
});
