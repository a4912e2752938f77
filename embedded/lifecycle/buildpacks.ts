import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import type { Environment } from './environment.ts';

export type BuildpackId = { id: string; version: string };
export type Buildpack = BuildpackId & { folder: string; clearEnv: boolean };
export type GroupMember = BuildpackId & { optional: boolean };
export type Group = GroupMember[];

export const nameOf = ({ id, version }: BuildpackId): string => `${id}@${version}`;
/** Returns the name of the folder that holds all layers of a buildpack. */
export const folderOf = (id: string): string => id.replaceAll('/', '_');

type BuildpackToml = { buildpack: BuildpackId & { 'clear-env'?: boolean } };
type OrderToml = { order: { group: (BuildpackId & { optional?: boolean })[] }[] };

export const readToml = async <T>(file: string): Promise<T> => parse(await readFile(file, 'utf8')) as T;

/** Reads a TOML file. Fields that the file lacks, or all fields of a missing file, come from `fallback`. */
export const readTomlIfThere = async <T>(file: string, fallback: T): Promise<T> => {
  try {
    return { ...fallback, ...(await readToml<T>(file)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fallback;
    throw new Error(`${file}: ${(error as Error).message}`);
  }
};

/** Returns all buildpacks in a folder, by `id@version`. */
export const readBuildpacks = async (folder: string): Promise<Map<string, Buildpack>> => {
  const found = new Map<string, Buildpack>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const own = join(folder, entry.name);
    const { buildpack } = await readToml<BuildpackToml>(join(own, 'buildpack.toml'));
    const { id, version } = buildpack;
    found.set(nameOf(buildpack), { id, version, folder: own, clearEnv: buildpack['clear-env'] ?? false });
  }
  return found;
};

export const readOrder = async (file: string): Promise<Group[]> => {
  const { order } = await readToml<OrderToml>(file);
  return order.map(({ group }) => group.map((member) => ({ ...member, optional: member.optional ?? false })));
};

export const findBuildpack = (buildpacks: Map<string, Buildpack>, member: BuildpackId): Buildpack => {
  const found = buildpacks.get(nameOf(member));
  if (found === undefined) throw new Error(`order.toml names the buildpack ${nameOf(member)}, which does not exist.`);
  return found;
};

/**
 * Returns the environment variables that tell a buildpack for which operating system and architecture the image is.
 * @see Buildpack specification, "Targets"
 */
export const targetEnvironment = (): Environment => ({
  CNB_TARGET_OS: 'linux',
  CNB_TARGET_ARCH: process.arch === 'x64' ? 'amd64' : process.arch,
});

/**
 * Returns the variables of `targetEnvironment`, and the name and version of the machine's Linux distribution where the
 * file /etc/os-release names them.
 */
export const machineEnvironment = async (): Promise<Environment> => {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1];
  const [name, version] = [value('ID'), value('VERSION_ID')];
  return {
    ...targetEnvironment(),
    ...(name === undefined ? {} : { CNB_TARGET_DISTRO_NAME: name }),
    ...(version === undefined ? {} : { CNB_TARGET_DISTRO_VERSION: version }),
  };
};

export type ScriptRun = { exitCode: number; output: string };
export type ScriptOptions = { folder: string; environment: Environment; words?: string[]; collect?: boolean };

/** Runs a script of a step, such as a buildpack's bin/detect or bin/build. The output is shown as it comes, or collected. */
export const runScript = (script: string, options: ScriptOptions): Promise<ScriptRun> => {
  const { folder, environment, words = [], collect = false } = options;
  return new Promise((resolve, reject) => {
    const stdio = collect ? 'pipe' : 'inherit';
    const child = spawn(script, words, { cwd: folder, env: environment, stdio: ['ignore', stdio, stdio] });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on(collect ? 'close' : 'exit', (code: number | null) => {
      resolve({ exitCode: code ?? 1, output: Buffer.concat(output).toString().trim() });
    });
  });
};
