import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import type { BuildpackFacts } from './labels.ts';
import type { Order } from './order.ts';

/** A buildpack in a folder of this machine. */
export type Buildpack = BuildpackFacts & { folder: string };

type BuildpackToml = {
  api: string;
  buildpack: { id: string; version: string; name?: string; homepage?: string };
  targets?: unknown[];
  order?: Order;
};

/** Returns what the text of a buildpack.toml says of a buildpack. */
export const parseBuildpack = (text: string): BuildpackFacts => {
  const { api, buildpack, targets, order } = parse(text) as BuildpackToml;
  const { id, version, name, homepage } = buildpack;
  const optional = Object.entries({ name, homepage, targets, order }).filter(([, value]) => value !== undefined);
  return { id, version, api, ...Object.fromEntries(optional) };
};

/** Returns the buildpack in a folder. */
export const readBuildpack = async (folder: string): Promise<Buildpack> => ({
  ...parseBuildpack(await readFile(join(folder, 'buildpack.toml'), 'utf8')),
  folder,
});

/** Returns the buildpacks whose folders are in a folder. */
export const readBuildpacks = async (folder: string): Promise<Buildpack[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return Promise.all(folders.map(readBuildpack));
};

/**
 * Returns the folder of a buildpack's versions in a builder, below /cnb/buildpacks.
 * @see https://github.com/buildpacks/spec/blob/main/platform.md#buildpacks-directory-layout
 */
export const layoutName = (id: string): string => id.replaceAll('/', '_');

/** Copies a buildpack to ID/VERSION below a folder. */
export const placeBuildpack = ({ folder, id, version }: Buildpack, buildpacks: string): Promise<void> =>
  cp(folder, join(buildpacks, layoutName(id), version), { recursive: true });

/** Returns the groups of an order.toml. @throws Error where the text is no order */
export const parseOrder = (text: string): Order => {
  const { order } = parse(text) as { order?: Order };
  if (Array.isArray(order) && order.every(({ group }) => Array.isArray(group))) return order;
  throw new Error('It has no list "order" of groups.');
};

/** Returns the text of an order.toml with other groups. All other tables of the text stay. */
export const replaceOrder = (text: string, order: Order): string => stringify({ ...parse(text), order });
