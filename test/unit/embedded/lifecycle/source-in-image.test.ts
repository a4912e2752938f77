import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ImageConfig, type Manifest, readIndex, readJson } from '../../../../embedded/image/layout.ts';
import { runImage } from '../../../../embedded/image/run.ts';
import { type GitServer, serveGit } from '../../../../local/git-server.ts';
import { commitFiles, makeRepository } from '../../knative/pipeline/steps/clone-run.ts';
import { createRepository, git as gitIn } from '../../lib/source/git-server.ts';
import { runBuild, temporaryFolder } from './pipeline-run.ts';

let data: string;
let repositories: string;
let git: GitServer;
let commit: string;

const server = `const { createServer } = require('node:http');
const { execSync } = require('node:child_process');
const found = () => execSync('find . -name .git').toString();
const body = () => JSON.stringify({ built: require('./built.json'), found: found() });
createServer((_, response) => response.end(body())).listen(process.env.PORT);
`;

/** Writes what the build sees to a file, and leaves a hook and another repository beside the files. */
const program = `set -e
printf '{"describe":"%s","version":"%s","library":"%s"}' "$(git describe --dirty)" "$SOURCE_VERSION" "$(cat lib/l.txt)" >built.json
echo 'touch hook-ran' >.git/hooks-of-the-build
mkdir -p vendor && git init -q vendor/copy && echo x >vendor/copy/x
`;

beforeAll(async () => {
  data = await temporaryFolder();
  repositories = await temporaryFolder();
  git = await serveGit({ folder: repositories });
  const library = makeRepository(repositories, 'library.git', { files: { 'l.txt': 'library' } });
  const folder = createRepository(repositories, 'tool.git');
  commitFiles(folder, { files: { 'server.js': server } });
  gitIn(folder, 'tag', '-a', 'v2.1', '-m', 'a version');
  const manifest = JSON.stringify({ name: 'x', scripts: { build: 'sh ./build.sh', start: 'node server.js' } });
  commit = commitFiles(folder, {
    files: { 'package.json': manifest, 'build.sh': program },
    submodules: [{ path: 'lib', commit: library, lines: ['url = ../library.git'] }],
  });
});
afterAll(async () => {
  await git.close();
  await Promise.all([data, repositories].map((folder) => rm(folder, { recursive: true, force: true })));
});

const build = (variables: string[] = []) =>
  runBuild({ data, url: `${git.url}/tool.git`, commit, image: 'registry.example.org/tool-x/source:latest', variables });

const configOf = async (digest: string): Promise<ImageConfig> => {
  const layout = join(data, 'images/tool-x/source');
  expect((await readIndex(layout))?.manifests.map((manifest) => manifest.digest)).toContain(digest);
  return readJson<ImageConfig>(layout, (await readJson<Manifest>(layout, digest)).config.digest);
};

test('a build has the history, the submodules and the commit, and its image has them without the folders of git', async () => {
  const { failed, digest } = await build();
  expect(failed?.output).toBeUndefined();
  const running = await runImage({ imagesFolder: join(data, 'images'), image: 'tool-x/source' });
  try {
    expect(await (await fetch(running.url)).json()).toEqual({
      built: { describe: `v2.1-1-g${commit.slice(0, 7)}`, version: commit, library: 'library' },
      found: '',
    });
  } finally {
    await running.stop();
  }
  const { config, created } = await configOf(digest);
  expect(config?.Labels).toMatchObject({
    'org.opencontainers.image.revision': commit,
    'org.opencontainers.image.source': `${git.url}/tool.git`,
  });
  expect(Object.keys(config?.Labels ?? {})).not.toContain('org.opencontainers.image.created');
  expect(created).toMatch(/^1980-/);
  expect((await build()).digest).toBe(digest);
}, 60_000);

test("a variable of the user replaces the commit's variable", async () => {
  const { failed, steps } = await build(['SOURCE_VERSION=mine']);
  expect(failed?.output).toBeUndefined();
  expect(steps.map(({ name }) => name)).toContain('build');
  const running = await runImage({ imagesFolder: join(data, 'images'), image: 'tool-x/source' });
  try {
    expect(await (await fetch(running.url)).json()).toMatchObject({ built: { version: 'mine' } });
  } finally {
    await running.stop();
  }
}, 60_000);
