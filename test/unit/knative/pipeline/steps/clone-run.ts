import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { type GitServer, serveGit } from '../../../../../local/git-server.ts';
import { createGitObjects, type GitObjects } from '../../../../support/git-objects.ts';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';
import { createRepository, git, type Listening } from '../../../lib/source/git-server.ts';

const script = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/clone.sh');

/** A submodule of a repository that a test makes. */
export type Submodule = {
  path: string;
  commit: string;
  /** Lines of its entry in .gitmodules. Undefined: .gitmodules has no entry for the submodule. */
  lines?: readonly string[];
};

type RepositoryFiles = { files?: Record<string, string>; submodules?: readonly Submodule[] };

const entryOf = ({ path, lines }: Submodule): string =>
  lines === undefined ? '' : `[submodule "${path}"]\n\tpath = ${path}\n${lines.map((line) => `\t${line}\n`).join('')}`;

/** Adds a commit with files and submodules to a repository that a test makes. Returns the commit's hash. */
export const commitFiles = (folder: string, { files = {}, submodules = [] }: RepositoryFiles): string => {
  const gitmodules = submodules.map(entryOf).join('');
  for (const [path, text] of Object.entries({ ...(gitmodules ? { '.gitmodules': gitmodules } : {}), ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    git(folder, 'add', '--force', '--', path);
  }
  for (const { path, commit } of submodules)
    git(folder, 'update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
  git(folder, 'commit', '-q', '--allow-empty', '-m', 'a commit');
  return git(folder, 'rev-parse', 'HEAD');
};

/** Makes a repository with one commit of files and submodules. Returns the commit's hash. */
export const makeRepository = (root: string, name: string, content: RepositoryFiles, ...options: string[]): string =>
  commitFiles(createRepository(root, name, ...options), content);

export type CloneOptions = {
  url: string;
  commit: string;
  app: string;
  ref?: string;
  settings?: Record<string, string>;
};

/** Runs clone.sh. `settings` are variables of its environment. */
export const runClone = ({ url, commit, app, ref = 'main', settings = {} }: CloneOptions) =>
  runProgram([
    'env',
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ...['bash', script, url, commit, ref, app],
  ]);

/** Settings with which submodules may be on any server of this machine. */
export const localServers = { SOURCE_ALLOW_HTTP: 'true', SOURCE_ALLOWED_ADDRESSES: '10.1.0.0/16,127.0.0.0/8' };

type CloneRun = { exitCode: number; output: string };

/** Git servers with repositories, and a folder into which clone.sh writes. */
type Prepared = {
  /** Folder of the repositories. */
  repositories: string;
  /** Folder into which clone.sh writes. Each test has a new one. */
  app: string;
  /** Server of the repositories that are built. */
  git: GitServer;
  /** Server with the same repositories at another port. */
  other: GitServer;
  /** The commit of library.git, which has one file, lib.txt. */
  library: string;
  /** Servers of single tests, which are closed after the file's tests. */
  servers: Listening[];
};

type Clones = Prepared & {
  /** Returns a submodule at the path lib, with the commit of library.git, and lines of its entry in .gitmodules. */
  module: (url: string, ...lines: string[]) => Submodule;
  /** Makes a repository and runs clone.sh on it. */
  clone: (content: RepositoryFiles, settings?: Record<string, string>) => Promise<CloneRun>;
  /** Makes a repository whose objects the test writes, and runs clone.sh on a commit of the returned tree. */
  cloneTree: (makeTree: (objects: GitObjects) => Promise<string>) => Promise<CloneRun>;
};

/** Makes the folders and servers before the tests of one file, and removes them afterwards. */
const prepare = (): Prepared => {
  const prepared = { servers: [] as Listening[] } as Prepared;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clones-'));
    const library = makeRepository(folder, 'library.git', { files: { 'lib.txt': 'library\n' } });
    const [git, other] = await Promise.all([serveGit({ folder }), serveGit({ folder })]);
    Object.assign(prepared, { repositories: folder, library, git, other });
  });
  afterAll(async () => {
    const { git, other, servers, repositories } = prepared;
    await Promise.all([git, other, ...servers].map((server) => server.close()));
    await rm(repositories, { recursive: true, force: true });
  });
  beforeEach(async () => {
    prepared.app = await mkdtemp(join(tmpdir(), 'app-'));
  });
  afterEach(() => rm(prepared.app, { recursive: true, force: true }));
  return prepared;
};

/** Prepares the repositories, servers and folders of the tests of one file. */
export const useClones = (): Clones => {
  const prepared = prepare();
  let made = 0;
  const clone: Clones['clone'] = async (content, settings = {}) => {
    made += 1;
    const { git, app, repositories } = prepared;
    const commit = makeRepository(repositories, `tool-${made}.git`, { files: { 'a.txt': 'a\n' }, ...content });
    return runClone({ url: `${git.url}/tool-${made}.git`, commit, app, settings });
  };
  const cloneTree: Clones['cloneTree'] = async (makeTree) => {
    made += 1;
    const name = `tool-${made}.git`;
    const { git, app, repositories } = prepared;
    const objects = await createGitObjects(join(repositories, name));
    const commit = await objects.commit(await makeTree(objects));
    return runClone({ url: `${git.url}/${name}`, commit, app });
  };
  const module: Clones['module'] = (url, ...lines) => ({
    path: 'lib',
    commit: prepared.library,
    lines: [`url = ${url}`, ...lines],
  });
  return Object.assign(prepared, { clone, cloneTree, module });
};

/** Expects that clone.sh has refused the submodule at the path lib with a sentence. */
export const expectRefused = ({ exitCode, output }: CloneRun, sentence: string): void => {
  expect(output).toContain(sentence);
  expect(output).toContain('[clone] ERROR: The submodule at lib: ');
  expect(exitCode).toBe(128);
};
