import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';
import { createRepository, git } from '../../../lib/source/git-server.ts';

const script = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/clone.sh');

/** A submodule of a repository that a test makes. */
export type Submodule = {
  path: string;
  commit: string;
  /** Lines of its entry in .gitmodules. Undefined: .gitmodules has no entry for the submodule. */
  lines?: readonly string[];
};

export type RepositoryFiles = { files?: Record<string, string>; submodules?: readonly Submodule[] };

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
