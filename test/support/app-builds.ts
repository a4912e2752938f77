import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { makeRepository } from '../../local/git-server.ts';
import { clusterApps } from '../e2e/languages/cluster-apps.ts';
import type { BuildOptions, BuildRun } from '../unit/embedded/lifecycle/pipeline-run.ts';
import type { AppPlatform, ProcessChoice, RunningApp } from './app-platform.ts';
import { embeddedApps } from './embedded-apps.ts';

/** Content of files by their paths in a repository. */
export type Files = Record<string, string | Buffer>;
type AppBuild = {
  /** Output of all steps of the build. */
  log: string;
  /** Output of the failed step; an empty text for a build without one. */
  failure: string;
  /** Digest of the image, `sha256:…`; an empty text for a failed build. */
  digest: string;
  /** Address of the git repository with the files. */
  url: string;
  run: BuildRun;
};
type More = Pick<BuildOptions, 'variables'> & {
  /** The image's name in its registry. Default: of its own. */ image?: string;
};

export type AppBuilds = {
  /** Builds the files of a repository with the buildpacks of this project. */
  build(files: Files, more?: More): Promise<AppBuild>;
  /** Builds the files and starts a process of the image, by default the image's default process. */
  start(files: Files, more?: More & ProcessChoice): Promise<AppBuild & { running: RunningApp }>;
  /**
   * Builds the files twice, the second time with the cache of the first build, and expects one digest. Returns the log of
   * the first build and the page of its running image.
   * @param image the image's name. Builds of the same image share their cache
   */
  builtTwice(files: Files, image: string): Promise<{ log: string; page: string }>;
};

type Repository = { url: string; commit: string };

/** Whether the builds run on a cluster, with the builder that the variable names (test/e2e/pipeline/test-builder.ts). */
export const isOnCluster = process.env.TEST_BUILDER !== undefined;
/** Time limit in milliseconds of a test with a few builds. */
export const buildsTimeoutMs = isOnCluster ? 900_000 : 240_000;

const writeFiles = async (folder: string, files: Files): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    // A file that begins as a script can be executed.
    await writeFile(file, content, { mode: content.toString().startsWith('#!') ? 0o755 : 0o644 });
  }
};

const asBuild = (run: BuildRun, url: string): AppBuild => ({
  log: run.steps.map(({ output }) => output).join(''),
  failure: run.failed?.output ?? '',
  digest: run.digest,
  url,
  run,
});

/** @param folder with the bare repositories */
const defaultPlatform = (folder: string): Promise<AppPlatform> => (isOnCluster ? clusterApps() : embeddedApps(folder));

/**
 * Prepares real builds of small repositories for the tests of one file, on the embedded platform or on a cluster. All builds
 * share one place of images and caches. What a test starts is ended after the test.
 */
export const useAppBuilds = (preparePlatform = defaultPlatform): AppBuilds => {
  const started: RunningApp[] = [];
  // The same files are in the same repository, whose address is in the image.
  const repositories = new Map<string, Repository>();
  let folder = '';
  let platform: AppPlatform;
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'app-repositories-'));
    platform = await preparePlatform(join(folder, 'git'));
  }, buildsTimeoutMs);
  afterEach(() => Promise.all(started.splice(0).map(({ stop }) => stop())));
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  }, buildsTimeoutMs);

  /** Makes a git repository of some files. */
  const publish = async (files: Files, name: string): Promise<Repository> => {
    const source = join(folder, 'source', name);
    await mkdir(source, { recursive: true });
    await writeFiles(source, files);
    const bare = join(folder, 'git', `${name}.git`);
    const commit = await makeRepository(source, bare);
    return { url: await platform.serve(bare), commit };
  };
  const build = async (files: Files, more: More = {}): Promise<AppBuild> => {
    count += 1;
    const key = JSON.stringify(files);
    const repository = repositories.get(key) ?? (await publish(files, `app${repositories.size}`));
    repositories.set(key, repository);
    const run = await platform.build({ ...more, ...repository, image: more.image ?? `app${count}` });
    return asBuild(run, repository.url);
  };
  const start: AppBuilds['start'] = async (files, { process: type, args, ...more } = {}) => {
    const image = more.image ?? `started${count}`;
    const built = await build(files, { ...more, image });
    if (built.failure !== '') throw new Error(built.failure);
    const { digest } = built;
    const running = await platform.start({ image, digest, process: type, args });
    started.push(running);
    return { ...built, running };
  };
  const builtTwice: AppBuilds['builtTwice'] = async (files, image) => {
    const first = await start(files, { image });
    const second = await build(files, { image });
    expect(second.failure).toBe('');
    expect(second.digest).toBe(first.digest);
    return { log: first.log, page: await first.running.page() };
  };
  return { build, start, builtTwice };
};
