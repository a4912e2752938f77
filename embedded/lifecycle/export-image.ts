import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { type LayerEntry, layerTime, type WrittenLayer, walkFolder, writeLayer } from '../image/layer.ts';
import {
  changeLayout,
  configType,
  type Descriptor,
  type ImageConfig,
  type Manifest,
  manifestType,
  refName,
} from '../image/layout.ts';
import { type BaseImage, readBaseImage } from './base-image.ts';
import { folderOf } from './buildpacks.ts';
import { type EnvironmentChange, layerChanges } from './environment.ts';
import { type BuildFolders, imagePaths, toImagePaths } from './image-paths.ts';
import { launcherScript, processScript } from './launcher.ts';
import type { Layer } from './layers.ts';
import type { Metadata } from './metadata.ts';
import type { Say } from './phase.ts';
import { checkStorage } from './storage-limit.ts';

export type ExportRequest = {
  folders: BuildFolders;
  metadata: Metadata;
  layers: Layer[];
  runImage: string;
  target: { imagesFolder: string; repository: string; tag: string };
  /** Limit for the storage of the image's project in bytes. Undefined: no limit. */
  limitBytes: number | undefined;
  /** The repository and the commit of the application. */
  source: { url: string; commit: string };
};
type NamedLayer = WrittenLayer & { name: string; layer?: Layer };

const environmentFile = /^layers\/[^/]+\/[^/]+\/env(\.build|\.launch)?\//;

async function* layerEntries(layer: Layer, folders: BuildFolders): AsyncGenerator<LayerEntry> {
  const owner = `layers/${folderOf(layer.buildpack)}`;
  for (const name of ['layers', owner]) yield { type: 'directory', name };
  const rewriteLink = (target: string) => toImagePaths(target, folders);
  for await (const entry of walkFolder(layer.folder, `${owner}/${layer.name}`, { rewriteLink })) {
    if (entry.type === 'file' && 'content' in entry && environmentFile.test(entry.name)) {
      yield { ...entry, content: Buffer.from(toImagePaths(entry.content.toString(), folders)) };
    } else yield entry;
  }
}

/**
 * Returns the changes that an image's layers make to the environment variables of a starting process. Paths of the
 * build are replaced by paths of the image.
 */
const launchChanges = async ({ layers, folders }: ExportRequest, processType = ''): Promise<EnvironmentChange[]> => {
  const launch = layers.filter((layer) => layer.launch);
  const changes = await Promise.all(launch.map(({ folder }) => layerChanges(folder, 'launch', processType)));
  return changes.flat().map((change) => ({ ...change, value: toImagePaths(change.value, folders) }));
};

/**
 * Yields the files of an image's config layer: the launcher, a script for each process, and the metadata from which
 * both were made.
 */
async function* configEntries(request: ExportRequest): AsyncGenerator<LayerEntry> {
  const { metadata } = request;
  const common = await launchChanges(request);
  const file = (name: string, text: string, executable: boolean): LayerEntry => {
    return { type: 'file', name, executable, content: Buffer.from(text) };
  };
  for (const name of ['cnb', 'cnb/lifecycle']) yield { type: 'directory', name };
  yield file('cnb/lifecycle/launcher', launcherScript(common), true);
  yield { type: 'directory', name: 'cnb/process' };
  for (const process of metadata.processes) {
    const own = await launchChanges(request, process.type);
    yield file(`cnb/process/${process.type}`, processScript(process, [...common, ...own]), true);
  }
  for (const name of ['layers', 'layers/config']) yield { type: 'directory', name };
  yield file('layers/config/metadata.toml', stringify(metadata), false);
}

const writeLayers = async (request: ExportRequest, blobs: string, say: Say): Promise<NamedLayer[]> => {
  const { folders, layers } = request;
  const rewriteLink = (target: string) => toImagePaths(target, folders);
  const written: NamedLayer[] = [];
  const add = async (name: string, entries: AsyncIterable<LayerEntry>, layer?: Layer) => {
    const one = await writeLayer(entries, blobs);
    say(`Added layer ${name} (${one.descriptor.size} bytes)`);
    written.push({ ...one, name, ...(layer ? { layer } : {}) });
  };
  for (const layer of layers.filter(({ launch }) => launch)) {
    await mkdir(layer.folder, { recursive: true });
    await add(`${layer.buildpack}:${layer.name}`, layerEntries(layer, folders), layer);
  }
  await add('config', configEntries(request));
  // The folders of git differ from build to build, also for the same commit.
  await add('app', walkFolder(folders.app, imagePaths.app.slice(1), { rewriteLink, leftOut: '.git' }));
  return written;
};

/**
 * Returns the labels that name the source of an image. The label `created` is left out, since it would give each build
 * of a commit another digest.
 * @see https://github.com/opencontainers/image-spec/blob/main/annotations.md
 */
const sourceLabels = ({ source }: ExportRequest): Record<string, string> => ({
  'org.opencontainers.image.revision': source.commit,
  'org.opencontainers.image.source': source.url,
});

/**
 * Returns the labels of an image: those of the buildpacks' platform specification, those that the buildpacks set, and
 * those of the source.
 */
const labelsFor = (request: ExportRequest, written: NamedLayer[]): Record<string, string> => {
  const { metadata, runImage } = request;
  const shaOf = (name: string) => written.find((one) => one.name === name)?.diffId ?? '';
  const buildpacks = metadata.buildpacks.map(({ id, version }) => {
    const own = written.flatMap(({ layer, diffId }) => (layer?.buildpack === id ? [{ layer, diffId }] : []));
    const layers = own.map(({ layer: { name, build, cache, launch, metadata: data }, diffId }) => {
      return [name, { sha: diffId, data, build, cache, launch }];
    });
    return { key: id, version, layers: Object.fromEntries(layers) };
  });
  const lifecycle = {
    app: [{ sha: shaOf('app') }],
    config: { sha: shaOf('config') },
    buildpacks,
    runImage: { image: runImage },
  };
  const { processes, buildpacks: group } = metadata;
  return {
    'io.buildpacks.build.metadata': JSON.stringify({ buildpacks: group, processes }),
    'io.buildpacks.lifecycle.metadata': JSON.stringify(lifecycle),
    ...Object.fromEntries(metadata.labels.map(({ key, value }) => [key, value])),
    ...sourceLabels(request),
  };
};

const configFor = (request: ExportRequest, base: BaseImage, written: NamedLayer[]): ImageConfig => {
  const chosen = request.metadata['buildpack-default-process-type'];
  const time = layerTime.toISOString().replace('.000', '');
  const path = base.environment.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const environment = {
    ...base.environment,
    PATH: `/cnb/process:/cnb/lifecycle:${path}`,
    CNB_APP_DIR: imagePaths.app,
    CNB_LAYERS_DIR: imagePaths.layers,
    CNB_PLATFORM_API: '0.14',
  };
  return {
    created: time,
    architecture: base.architecture,
    os: 'linux',
    config: {
      User: base.user,
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: [chosen === '' ? '/cnb/lifecycle/launcher' : `/cnb/process/${chosen}`],
      WorkingDir: imagePaths.app,
      Labels: { ...base.labels, ...labelsFor(request, written) },
    },
    rootfs: { type: 'layers', diff_ids: [...base.diffIds, ...written.map(({ diffId }) => diffId)] },
    history: [...base.history, ...written.map(({ name }) => ({ created: time, created_by: `Buildpacks: ${name}` }))],
  };
};

const writeJson = async (content: object, mediaType: string, blobs: string): Promise<Descriptor> => {
  const text = JSON.stringify(content);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
};

/** Returns an image's metadata, in which the image's paths replace the paths of the build. */
const inImagePaths = (metadata: Metadata, folders: BuildFolders): Metadata =>
  JSON.parse(toImagePaths(JSON.stringify(metadata), folders)) as Metadata;

const writeImage = async (request: ExportRequest, blobs: string, say: Say): Promise<Descriptor> => {
  const base = await readBaseImage(request.runImage, request.target.imagesFolder, blobs);
  const written = await writeLayers(request, blobs, say);
  const config = await writeJson(configFor(request, base, written), configType, blobs);
  const layers = [...base.layers, ...written.map(({ descriptor }) => descriptor)];
  const manifest: Manifest = { schemaVersion: 2, mediaType: manifestType, config, layers };
  return writeJson(manifest, manifestType, blobs);
};

/**
 * Writes an image to a temporary folder and moves it to its tag in one step. Blobs that only the tag's old image needed
 * are removed.
 * @returns the digest of the image's manifest
 * @throws PhaseError 62 where the project has no storage left for the image
 */
export const exportImage = async (request: ExportRequest, say: Say): Promise<string> => {
  const { imagesFolder, tag } = request.target;
  const blobs = join(imagesFolder, `.staging-${randomUUID()}`);
  await mkdir(blobs, { recursive: true });
  try {
    const metadata = inImagePaths(request.metadata, request.folders);
    const descriptor = await writeImage({ ...request, metadata }, blobs, say);
    if (request.limitBytes !== undefined) await checkStorage(request.target, blobs, request.limitBytes);
    const entry = { ...descriptor, annotations: { [refName]: tag } };
    await changeLayout(request.target, {
      blobs,
      change: (index) => ({
        ...index,
        manifests: [...index.manifests.filter(({ annotations }) => annotations?.[refName] !== tag), entry],
      }),
    });
    return descriptor.digest;
  } finally {
    await rm(blobs, { recursive: true, force: true });
  }
};
