/**
 * Step build of the embedded pipeline: runs the buildpacks that the step detect chose, one after another. The
 * buildpacks fill layers and name the image's processes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'smol-toml';
import {
  type Buildpack,
  type BuildpackId,
  findBuildpack,
  folderOf,
  machineEnvironment,
  nameOf,
  readBuildpacks,
  readToml,
  readTomlIfThere,
  runScript,
} from './buildpacks.ts';
import { type Cache, putCache, takeCache } from './cache.ts';
import {
  applyChanges,
  baseEnvironment,
  type Environment,
  type EnvironmentChange,
  layerChanges,
  platformEnvironment,
  withUserVariables,
} from './environment.ts';
import { toImagePaths } from './image-paths.ts';
import { type Layer, readLayers } from './layers.ts';
import { type Label, mergeProcesses, type Process } from './metadata.ts';
import { exitCodes, PhaseError, readArguments, runPhase, type Say } from './phase.ts';
import { entriesFor, type PlanEntry } from './plan.ts';

type Folders = { app: string; layers: string; platform: string; buildpacks: string };
type Progress = { changes: EnvironmentChange[]; layers: Layer[]; processes: Process[]; labels: Label[] };
type LaunchToml = { processes: Process[]; labels: Label[] };

const startEnvironment = async ({ layers }: Folders): Promise<Environment> => {
  const work = dirname(layers);
  const own = { HOME: join(work, 'home'), TMPDIR: join(work, 'tmp') };
  for (const folder of Object.values(own)) await mkdir(folder, { recursive: true });
  return { ...baseEnvironment(process.env), ...(await machineEnvironment()), ...own };
};

const runBuild = async (buildpack: Buildpack, folders: Folders, progress: Progress, entries: PlanEntry[]) => {
  const own = join(folders.layers, folderOf(buildpack.id));
  const plan = join(folders.layers, `${folderOf(buildpack.id)}.plan.toml`);
  await mkdir(own, { recursive: true });
  await writeFile(plan, stringify({ entries: entriesFor(entries, buildpack.id) }));
  const machine = await startEnvironment(folders);
  const user = buildpack.clearEnv ? {} : await platformEnvironment(folders.platform);
  const environment = {
    ...applyChanges(withUserVariables(machine, user), progress.changes),
    CNB_BUILDPACK_DIR: buildpack.folder,
    CNB_LAYERS_DIR: own,
    CNB_PLATFORM_DIR: folders.platform,
    CNB_BP_PLAN_PATH: plan,
  };
  const script = join(buildpack.folder, 'bin', 'build');
  return runScript(script, { folder: folders.app, environment, words: [own, folders.platform, plan] });
};

/**
 * Reads what a buildpack wrote: its layers, the layers' changes of the environment for later buildpacks, its processes
 * and its labels.
 */
const collect = async ({ id }: BuildpackId, folders: Folders, progress: Progress): Promise<Progress> => {
  const layers = await readLayers(folders.layers, id);
  const changes = await Promise.all(
    layers.filter(({ build }) => build).map(({ folder }) => layerChanges(folder, 'build')),
  );
  const file = join(folders.layers, folderOf(id), 'launch.toml');
  const { processes, labels } = await readTomlIfThere<LaunchToml>(file, { processes: [], labels: [] });
  return {
    changes: [...progress.changes, ...changes.flat()],
    layers: [...progress.layers, ...layers],
    processes: mergeProcesses(progress.processes, processes, id),
    labels: [...progress.labels, ...labels],
  };
};

const buildGroup = async (group: BuildpackId[], folders: Folders, say: Say): Promise<Progress> => {
  const buildpacks = await readBuildpacks(folders.buildpacks);
  const { entries } = await readTomlIfThere<{ entries: PlanEntry[] }>(join(folders.layers, 'plan.toml'), {
    entries: [],
  });
  let progress: Progress = { changes: [], layers: [], processes: [], labels: [] };
  for (const member of group) {
    say(`======== ${nameOf(member)} ========`);
    const { exitCode } = await runBuild(findBuildpack(buildpacks, member), folders, progress, entries);
    if (exitCode !== 0) {
      throw new PhaseError(exitCodes.buildpackFailed, `${nameOf(member)} failed with exit code ${exitCode}.`);
    }
    progress = await collect(member, folders, progress);
  }
  return progress;
};

const writeMetadata = async (group: BuildpackId[], folders: Folders, { processes, labels }: Progress, say: Say) => {
  const chosen = processes.filter((process) => process.default === true).at(-1)?.type;
  for (const { type, command, args = [] } of processes) {
    say(toImagePaths(`Process ${type}: ${[...command, ...args].join(' ')}`, folders));
  }
  const metadata = {
    'buildpack-default-process-type': chosen ?? '',
    buildpacks: group,
    processes,
    labels,
  };
  await mkdir(join(folders.layers, 'config'), { recursive: true });
  await writeFile(join(folders.layers, 'config', 'metadata.toml'), stringify(metadata));
};

/**
 * Puts the layers of a failed build back into the build cache, so that the image's next build need not download their
 * contents again.
 */
const giveBack = async (cache: Cache, folders: Folders, group: BuildpackId[]): Promise<void> => {
  const layers = await Promise.all(group.map(({ id }) => readLayers(folders.layers, id)));
  await putCache(
    cache,
    layers.flat().filter(({ cache: cached, launch }) => cached && !launch),
  );
};

const build = async (words: string[], say: Say): Promise<void> => {
  const { values } = readArguments(words, ['app', 'layers', 'platform', 'buildpacks', 'image', 'cache']);
  const at = (name: string) => resolve(values[name] ?? '');
  const folders = { app: at('app'), layers: at('layers'), platform: at('platform'), buildpacks: at('buildpacks') };
  const cache = { cacheFolder: at('cache'), image: values.image ?? '' };
  const { group } = await readToml<{ group: BuildpackId[] }>(join(folders.layers, 'group.toml'));
  const restored = await takeCache(
    cache,
    folders.layers,
    group.map(({ id }) => id),
  );
  if (restored.length > 0) say(`Restored the cache of ${restored.join(', ')}`);
  try {
    const progress = await buildGroup(group, folders, say);
    await writeMetadata(group, folders, progress, say);
  } catch (error) {
    await giveBack(cache, folders, group);
    throw error;
  }
};

await runPhase('builder', build);
