import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../../lib/lock-file.ts';
import { fileNameOf } from './reference.ts';

/** A reference to a blob of an OCI image; `size` is in bytes. @see OCI image specification 1.1, descriptor.md */
export type Descriptor = {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { architecture: string; os: string };
};
export type ImageIndex = { schemaVersion: 2; mediaType?: string; manifests: Descriptor[] };
export type Manifest = { schemaVersion: 2; mediaType?: string; config: Descriptor; layers: Descriptor[] };
export type ImageConfig = {
  created?: string;
  architecture: string;
  os: string;
  config?: {
    User?: string;
    Env?: string[];
    Entrypoint?: string[];
    Cmd?: string[];
    WorkingDir?: string;
    Labels?: Record<string, string>;
  };
  rootfs: { type: 'layers'; diff_ids: string[] };
  history?: { created?: string; created_by?: string; empty_layer?: boolean }[];
};

export const indexType = 'application/vnd.oci.image.index.v1+json';
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const configType = 'application/vnd.oci.image.config.v1+json';
export const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const refName = 'org.opencontainers.image.ref.name';

export type Repository = { imagesFolder: string; repository: string };

/** Returns the folder with the OCI image layout of a repository. The folder has the repository's name. */
export const layoutFolder = ({ imagesFolder, repository }: Repository): string => join(imagesFolder, repository);

export const blobPath = (layout: string, digest: string): string =>
  join(layout, 'blobs', 'sha256', digest.replace(/^sha256:/, ''));

const ifThere = async <T>(read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
};

/** Returns the index of an OCI image layout, or undefined when the folder holds no layout. */
export const readIndex = async (layout: string): Promise<ImageIndex | undefined> => {
  const text = await ifThere(readFile(join(layout, 'index.json'), 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as ImageIndex);
};

/** Reads a blob of an OCI image that holds JSON: a manifest, an index or a configuration. */
export const readJson = async <T>(layout: string, digest: string): Promise<T> =>
  JSON.parse(await readFile(blobPath(layout, digest), 'utf8')) as T;

/** Returns the manifest with a tag or digest from an image index, or undefined when the index has no such manifest. */
export const findManifest = (index: ImageIndex, reference: string): Descriptor | undefined =>
  index.manifests.find((entry) => entry.digest === reference || entry.annotations?.[refName] === reference);

/** Returns the digest of a manifest, or of an index of manifests, and the digests of all blobs that it needs. */
const reachable = async (layout: string, { digest, mediaType }: Descriptor): Promise<string[]> => {
  const isIndex = mediaType === indexType || mediaType.includes('manifest.list');
  if (isIndex) {
    const { manifests } = await readJson<ImageIndex>(layout, digest);
    return [digest, ...(await Promise.all(manifests.map((entry) => reachable(layout, entry)))).flat()];
  }
  const manifest = await ifThere(readJson<Manifest>(layout, digest));
  return manifest ? [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)] : [digest];
};

const removeUnreachable = async (layout: string, index: ImageIndex): Promise<void> => {
  const wanted = new Set((await Promise.all(index.manifests.map((entry) => reachable(layout, entry)))).flat());
  const names = (await ifThere(readdir(join(layout, 'blobs', 'sha256')))) ?? [];
  const unwanted = names.filter((name) => !wanted.has(`sha256:${name}`));
  await Promise.all(unwanted.map((name) => rm(blobPath(layout, name), { force: true })));
};

const writeAtomically = async (file: string, content: string): Promise<void> => {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, content);
  await rename(temporary, file);
};

const moveBlobs = async (from: string, layout: string): Promise<void> => {
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  for (const name of await readdir(from)) await rename(join(from, name), blobPath(layout, name));
};

/**
 * Longest wait in milliseconds for the lock of an OCI image layout. A change of a layout takes milliseconds, so a
 * longer wait means that something is wrong.
 */
const lockWaitMs = 60_000;

export type LayoutChange = {
  /**
   * Folder whose blobs are moved into the OCI image layout. Each blob is named by its digest in hex. The folder must be
   * on the file system of the layout, because the blobs are renamed.
   */
  blobs?: string;
  /**
   * Returns the new index of an OCI image layout. Changes of one repository run one after the other, across all
   * processes.
   */
  change: (index: ImageIndex) => ImageIndex;
};

/**
 * Changes the OCI image layout of a repository in one step. Then removes the blobs that no manifest needs, or the whole
 * layout when its index is empty.
 */
export const changeLayout = async (where: Repository, { blobs, change }: LayoutChange): Promise<ImageIndex> => {
  const layout = layoutFolder(where);
  const lock = join(where.imagesFolder, '.locks', fileNameOf(where.repository));
  await mkdir(dirname(lock), { recursive: true });
  const work = async () => {
    const index = change((await readIndex(layout)) ?? { schemaVersion: 2, mediaType: indexType, manifests: [] });
    if (index.manifests.length === 0) {
      await removeLayout(layout);
      return index;
    }
    if (blobs !== undefined) await moveBlobs(blobs, layout);
    await writeAtomically(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeAtomically(join(layout, 'index.json'), JSON.stringify(index));
    await removeUnreachable(layout, index);
    return index;
  };
  return withLock(lock, work, { waitMs: lockWaitMs, pollMs: 10 });
};

/**
 * Removes only the files of one OCI image layout, because deeper folders may hold the layouts of other repositories.
 */
const removeLayout = async (layout: string): Promise<void> => {
  await rm(join(layout, 'index.json'), { force: true });
  await rm(join(layout, 'oci-layout'), { force: true });
  await rm(join(layout, 'blobs'), { recursive: true, force: true });
};

/** Returns the names of all image repositories below `imagesFolder`, sorted. */
export const listRepositories = async (imagesFolder: string, below = ''): Promise<string[]> => {
  const entries = (await ifThere(readdir(join(imagesFolder, below), { withFileTypes: true }))) ?? [];
  const own = below !== '' && entries.some((entry) => entry.name === 'index.json') ? [below] : [];
  const folders = entries.filter((entry) => entry.isDirectory() && !/^(\.|blobs$)/.test(entry.name));
  const deeper = folders.map(({ name }) => listRepositories(imagesFolder, below === '' ? name : `${below}/${name}`));
  return [...own, ...(await Promise.all(deeper)).flat()].sort();
};

/** Returns the size of all blobs of an image repository in bytes. */
const repositorySize = async (where: Repository): Promise<number> => {
  const blobs = join(layoutFolder(where), 'blobs', 'sha256');
  const names = (await ifThere(readdir(blobs))) ?? [];
  const sizes = await Promise.all(names.map(async (name) => (await ifThere(stat(join(blobs, name))))?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/**
 * Returns the repositories of a project and their size in bytes: the repository with the project's name, and all
 * repositories below `PROJECT/`.
 */
export const projectUsage = async (
  imagesFolder: string,
  project: string,
): Promise<{ repositories: string[]; bytes: number }> => {
  const all = await listRepositories(imagesFolder);
  const repositories = all.filter((name) => name === project || name.startsWith(`${project}/`));
  const sizes = await Promise.all(repositories.map((repository) => repositorySize({ imagesFolder, repository })));
  return { repositories, bytes: sizes.reduce((sum, size) => sum + size, 0) };
};
