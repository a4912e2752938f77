import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'smol-toml';
import { fileNameOf, parseReference } from '../image/reference.ts';
import { removeFolder } from '../remove-folder.ts';
import { folderOf } from './buildpacks.ts';
import type { Layer } from './layers.ts';

export type Cache = { cacheFolder: string; image: string };

/**
 * Returns the folder of an image's build cache. Each image of a tool has its own cache, because a build must not write
 * what another tool's build reads.
 */
const folderFor = ({ cacheFolder, image }: Cache): string =>
  join(cacheFolder, fileNameOf(parseReference(image).repository));

/** Moves a folder: renames it, or copies it between file systems. @returns false when the folder does not exist */
const move = async (from: string, to: string): Promise<boolean> => {
  try {
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
    await removeFolder(from);
    return true;
  }
};

/**
 * Moves the cached layers of an image's buildpacks into a build's folder of layers. The cache is moved, not copied, so
 * only one of two builds at once gets the cache, and no build reads layers that another build is writing.
 * @returns the buildpacks that got layers
 */
export const takeCache = async (cache: Cache, layers: string, buildpacks: string[]): Promise<string[]> => {
  const taken = join(dirname(layers), `cache-${randomUUID()}`);
  if (!(await move(folderFor(cache), taken))) return [];
  const found: string[] = [];
  for (const id of buildpacks) {
    if (await move(join(taken, folderOf(id)), join(layers, folderOf(id)))) found.push(id);
  }
  await removeFolder(taken);
  return found;
};

/**
 * Moves layers of a build into the image's cache, where they replace the older layers. The folders of the moved layers
 * no longer exist afterwards.
 */
export const putCache = async (cache: Cache, layers: Layer[]): Promise<void> => {
  const [place, fresh, old] = [folderFor(cache), ...[0, 1].map(() => join(cache.cacheFolder, `.${randomUUID()}`))] as [
    string,
    string,
    string,
  ];
  for (const layer of layers) {
    const own = join(fresh, folderOf(layer.buildpack));
    if (!(await move(layer.folder, join(own, layer.name)))) continue;
    // The types of a layer (launch, build, cache) are left out of the cache, because a buildpack that needs the layer
    // again sets them again.
    await writeFile(join(own, `${layer.name}.toml`), stringify({ metadata: layer.metadata }));
  }
  if ((await readdir(fresh).catch(() => [])).length === 0) return;
  await move(place, old);
  await rename(fresh, place).catch(() => removeFolder(fresh));
  await removeFolder(old);
};
