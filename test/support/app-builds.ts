import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type RunningImage, runImage } from '../../embedded/image/run.ts';
import { stepEnvironment } from '../../embedded/lifecycle/environment.ts';
import { type GitServer, makeRepository, serveGit } from '../../local/git-server.ts';
import { type BuildOptions, type BuildRun, runBuild } from '../unit/embedded/lifecycle/pipeline-run.ts';

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

type AppBuilds = {
  /** Builds the files of a repository with the buildpacks of this project, as the embedded platform does. */
  build(files: Files, more?: More): Promise<AppBuild>;
  /** Builds the files and starts a process of the image, by default the image's default process. */
  start(files: Files, more?: More & { process?: string }): Promise<AppBuild & { running: RunningImage }>;
  /**
   * Builds the files twice, the second time with the cache of the first build, and expects one digest. Returns the log of
   * the first build and the page of its running image.
   * @param image the image's name. Builds of the same image share their cache
   */
  builtTwice(files: Files, image: string): Promise<{ log: string; page: string }>;
};

type Repository = { url: string; commit: string };

const writeFiles = async (folder: string, files: Files): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    // A file that begins as a script can be executed.
    await writeFile(file, content, { mode: content.toString().startsWith('#!') ? 0o755 : 0o644 });
  }
};

/** Returns the text of a page of a running image. */
export const pageOf = async ({ url }: RunningImage, path = '/'): Promise<string> => (await fetch(url + path)).text();

/** Makes a git repository of some files, which the git server of a folder serves. */
const publish = async (files: Files, name: string, folder: string, server: string): Promise<Repository> => {
  const source = join(folder, 'source', name);
  await mkdir(source, { recursive: true });
  await writeFiles(source, files);
  const commit = await makeRepository(source, join(folder, 'git', `${name}.git`));
  return { url: `${server}/${name}.git`, commit };
};

const asBuild = (run: BuildRun, url: string): AppBuild => ({
  log: run.steps.map(({ output }) => output).join(''),
  failure: run.failed?.output ?? '',
  digest: run.digest,
  url,
  run,
});

/**
 * Prepares real builds of small repositories for the tests of one file. All builds share one folder of images and
 * caches; everything that a test starts is ended after the file's tests.
 */
export const useAppBuilds = (): AppBuilds => {
  const started: RunningImage[] = [];
  // The same files are in the same repository, whose address is in the image.
  const repositories = new Map<string, Repository>();
  let data = '';
  let git: GitServer;
  let count = 0;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'app-builds-'));
    git = await serveGit({ folder: join(data, 'git') });
  });
  afterAll(async () => {
    await Promise.all(started.map(({ stop }) => stop()));
    await git.close();
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  });

  const build = async (files: Files, more: More = {}): Promise<AppBuild> => {
    count += 1;
    const key = JSON.stringify(files);
    const repository = repositories.get(key) ?? (await publish(files, `app${repositories.size}`, data, git.url));
    repositories.set(key, repository);
    const image = `registry.example.org/tool-x/${more.image ?? `app${count}`}:latest`;
    return asBuild(await runBuild({ ...more, ...repository, data, image }), repository.url);
  };
  const start: AppBuilds['start'] = async (files, { process: type, ...more } = {}) => {
    const built = await build(files, { image: `started${count}`, ...more });
    if (built.failure !== '') throw new Error(built.failure);
    // The interpreter of Python may be one of pyenv.
    const machine = stepEnvironment(process.env);
    const image = `tool-x/${more.image ?? `started${count - 1}`}@${built.digest}`;
    const own = type === undefined ? {} : { process: type };
    const running = await runImage({ imagesFolder: join(data, 'images'), image, machine, ...own });
    started.push(running);
    return { ...built, running };
  };
  const builtTwice: AppBuilds['builtTwice'] = async (files, image) => {
    const first = await start(files, { image });
    const second = await build(files, { image });
    expect(second.failure).toBe('');
    expect(second.digest).toBe(first.digest);
    return { log: first.log, page: await pageOf(first.running) };
  };
  return { build, start, builtTwice };
};
