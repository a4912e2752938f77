import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';

const buildpacks = join(import.meta.dirname, '../../buildpacks');

/** Returns the folder of this machine's npm. */
const npmFolder = (): string => {
  const program = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  return dirname(dirname(realpathSync(program)));
};

export type Process = { type: string; command: string[]; default?: boolean };
type Files = Record<string, string | Buffer>;

/** Parses launch.toml as the lifecycle does, which refuses bytes that are not UTF-8. */
const processesIn = (launchToml: Buffer): Process[] => {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(launchToml);
  return (parse(text) as { processes?: Process[] }).processes ?? [];
};

/** Runs a function in a temporary folder with some files, the application's folder of a buildpack. */
export const inFolder = <T>(files: Files, run: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'buildpack-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Returns the processes of a Procfile as its buildpack understands them, or the errors that the buildpack prints. */
export const readProcfile = (procfile: string | Buffer): Process[] | string =>
  inFolder({ Procfile: procfile }, (folder) => {
    const own = join(buildpacks, 'procfile');
    const env = { PATH: process.env.PATH, CNB_BUILDPACK_DIR: own, CNB_LAYERS_DIR: folder };
    const run = spawnSync(join(own, 'bin/build'), { cwd: folder, env, encoding: 'utf8' });
    return run.status === 0 ? processesIn(readFileSync(join(folder, 'launch.toml'))) : run.stderr;
  });

/** Returns the names of an Aptfile as its buildpack understands them, or the errors that the buildpack prints. */
export const readAptfile = (aptfile: string | Buffer): string[] | string =>
  inFolder({ Aptfile: aptfile }, (folder) => {
    const program = join(buildpacks, 'apt/lib/read-aptfile.sh');
    const run = spawnSync(program, { cwd: folder, encoding: 'utf8' });
    return run.status === 0 ? run.stdout.split('\n').slice(0, -1) : run.stderr;
  });

/** Answer of the Node.js buildpack to a question about package.json. `errors` is empty unless `status` is 1. */
export type PackageAnswer = { question: string; status: number | null; output: Buffer; errors: string };

const questions = [
  'check',
  'installs',
  'needs-dev-dependencies',
  'build-scripts',
  'has-workspaces',
  'served-pages',
  'describe',
  'launch',
];

/** Returns the answers of the Node.js buildpack to all its questions about the files of an application. */
export const askPackage = (files: Files, asked: readonly string[] = questions): PackageAnswer[] =>
  inFolder(files, (folder) =>
    asked.map((question) => {
      const program = join(buildpacks, 'node/lib/package.mjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, question], { cwd: folder });
      return { question, status, output: stdout, errors: stderr.toString() };
    }),
  );

/**
 * Returns the package manager that the Node.js buildpack chooses for the files of an application, as `MANAGER PACKAGE
 * HASH`, with the warnings that it prints.
 */
export const chosenManager = (files: Files): { chosen: string; warnings: string } =>
  inFolder(files, (folder) => {
    const program = join(buildpacks, 'node/lib/manager.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [program, npmFolder()], { cwd: folder, encoding: 'utf8' });
    return { chosen: stdout.trim(), warnings: stderr };
  });

/**
 * Runs the function prepare_manager of the Node.js buildpack, which brings the package manager, in a folder with some files
 * and links. Returns the output, and the names of the folder's files afterwards.
 */
export const preparedManager = (
  files: Files,
  links: Record<string, string> = {},
): { output: string; names: string[] } =>
  inFolder(files, (folder) => {
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const script = `
      set -eu; exec 2>&1; say() { printf -- '-----> %s\\n' "$*"; }; fail() { printf 'ERROR: %s\\n' "$@"; exit 1; }
      work=$PWD/work npm_folder=$1; . "$CNB_BUILDPACK_DIR/lib/manager.sh"; prepare_manager; echo prepared`;
    const places = { CNB_BUILDPACK_DIR: join(buildpacks, 'node'), CNB_LAYERS_DIR: join(folder, 'layers') };
    const env = { PATH: process.env.PATH, HOME: folder, ...places };
    const run = spawnSync('sh', ['-c', script, 'sh', npmFolder()], { cwd: folder, env, encoding: 'utf8' });
    return { output: run.stdout, names: readdirSync(folder) };
  });

/**
 * Returns the warning of the Node.js buildpack about the version of a program, or an empty text.
 * @param program node, npm, yarn or pnpm
 * @param version the program's version in the build
 */
export const versionWarning = (files: Files, program: string, version: string): string =>
  inFolder(files, (folder) => {
    const words = [join(buildpacks, 'node/lib/versions.mjs'), npmFolder(), program, version];
    return spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' }).stderr;
  });

/** Runs a program of the Python buildpack in a folder with some files. Returns its output and its errors. */
export const runPython = (files: Files, name: string, words: string[] = []): { output: string; errors: string } =>
  inFolder(files, (folder) => {
    const program = join(buildpacks, 'python/lib', name);
    const { stdout, stderr } = spawnSync('python3', ['-B', program, ...words], { cwd: folder, encoding: 'utf8' });
    return { output: stdout.trim(), errors: stderr };
  });

/**
 * Returns how a buildpack explains the failure of a program that printed an output.
 * @param call the shell function of the buildpack that explains, with its arguments
 */
export const explained = (buildpack: 'node' | 'python', call: string, output: string): string =>
  inFolder({ output }, (folder) => {
    const script = `
      say() { :; }; fail() { printf 'ERROR: %s\\n' "$@"; exit 1; }
      work=$PWD venv=$PWD/venv manager=npm; mkdir -p venv/bin; ln -s "$(command -v python3)" venv/bin/python
      if [ -f "$1/lib/manager.sh" ]; then . "$1/lib/manager.sh"; fi
      . "$1/lib/install.sh"; ${call}`;
    return spawnSync('sh', ['-c', script, 'sh', join(buildpacks, buildpack)], { cwd: folder, encoding: 'utf8' }).stdout;
  });

/** Returns the processes that the Node.js buildpack finds in the files of an application. */
export const nodeProcesses = (files: Files): Process[] => {
  const [answer] = askPackage(files, ['launch']);
  if (answer?.status !== 0) throw new Error(answer?.errors);
  return processesIn(answer.output);
};
