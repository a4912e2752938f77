import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'smol-toml';
import { fileNameOf, parseReference } from '../image/reference.ts';
import { folderOf } from './buildpacks.ts';
import type { Layer } from './layers.ts';

export type Cache = { cacheFolder: string; image: string };

/** A cache belongs to one image of one tool: nobody's build can write what another's reads. */
const folderFor = ({ cacheFolder, image }: Cache): string =>
  join(cacheFolder, fileNameOf(parseReference(image).repository));

/** Renames where it can, and copies between file systems. @returns false where there was nothing */
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
    await rm(from, { recursive: true, force: true });
    return true;
  }
};

/**
 * Moves the cached layers of these buildpacks to where they will look. The cache is taken, not copied: of two builds
 * at once one finds it, and none sees what the other is writing.
 * @returns the buildpacks that got layers
 */
export const takeCache = async (cache: Cache, layers: string, buildpacks: string[]): Promise<string[]> => {
  const taken = join(dirname(layers), `cache-${randomUUID()}`);
  if (!(await move(folderFor(cache), taken))) return [];
  const found: string[] = [];
  for (const id of buildpacks) {
    if (await move(join(taken, folderOf(id)), join(layers, folderOf(id)))) found.push(id);
  }
  await rm(taken, { recursive: true, force: true });
  return found;
};

/** Moves cached layers into the cache, in place of what is there. The layers are gone from their folder afterwards. */
export const putCache = async (cache: Cache, layers: Layer[]): Promise<void> => {
  const [place, fresh, old] = [folderFor(cache), ...[0, 1].map(() => join(cache.cacheFolder, `.${randomUUID()}`))] as [
    string,
    string,
    string,
  ];
  for (const layer of layers) {
    const own = join(fresh, folderOf(layer.buildpack));
    if (!(await move(layer.folder, join(own, layer.name)))) continue;
    // Without its types: a buildpack that wants the layer again says so again.
    await writeFile(join(own, `${layer.name}.toml`), stringify({ metadata: layer.metadata }));
  }
  if ((await readdir(fresh).catch(() => [])).length === 0) return;
  await move(place, old);
  await rename(fresh, place).catch(() => rm(fresh, { recursive: true, force: true }));
  await rm(old, { recursive: true, force: true });
};
