import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOf, readTomlIfThere } from './buildpacks.ts';

/** A layer as its buildpack described it in `<layer>.toml`. */
export type Layer = {
  /** Id of the buildpack that made the layer. */
  buildpack: string;
  name: string;
  folder: string;
  launch: boolean;
  build: boolean;
  cache: boolean;
  metadata: Record<string, unknown>;
};

type LayerToml = {
  types?: { launch?: boolean; build?: boolean; cache?: boolean };
  metadata?: Record<string, unknown>;
};
const notLayers = ['launch.toml', 'build.toml', 'store.toml'];

/**
 * Reads the layers of one buildpack, sorted by name. A layer whose file sets none of the types launch, build and cache
 * is left out.
 */
export const readLayers = async (layers: string, buildpack: string): Promise<Layer[]> => {
  const own = join(layers, folderOf(buildpack));
  const files = (await readdir(own).catch(() => [])).filter((file) => file.endsWith('.toml'));
  const names = files.filter((file) => !notLayers.includes(file)).map((file) => file.slice(0, -'.toml'.length));
  const found = names.sort().map(async (name): Promise<Layer> => {
    const { types = {}, metadata = {} } = await readTomlIfThere<LayerToml>(join(own, `${name}.toml`), {});
    const { launch = false, build = false, cache = false } = types;
    return { buildpack, name, folder: join(own, name), launch, build, cache, metadata };
  });
  return (await Promise.all(found)).filter(({ launch, build, cache }) => launch || build || cache);
};
