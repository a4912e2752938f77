import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { buildInto, type Destination, plainHttp, root, run } from '../containers.ts';
import { parseBuildpack, parseOrder } from './buildpacks.ts';
import { inspectImage } from './images.ts';
import { builderLabels, parseLabel } from './labels.ts';
import type { Composites, Order } from './order.ts';

/** Describes a builder image. `runImagePackages` is the file of dpkg with the packages of the run image. */
export type BuilderFacts = {
  image: string;
  labels: Record<string, string>;
  orderToml: string;
  order: Order;
  composites: Composites;
  supportedApis: string[];
  programs: string[];
  runImagePackages?: string;
};

const readIfPresent = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Runs a parser. @throws Error that names the image and the file */
const parsed = <T>(image: string, place: string, parser: () => T): T => {
  try {
    return parser();
  } catch (error) {
    throw new Error(`${place} of ${image} can not be read. ${(error as Error).message}`, { cause: error });
  }
};

const readComposites = async (image: string, folder: string): Promise<Composites> => {
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const buildpacks = texts.map((text) => parsed(image, 'A buildpack.toml', () => parseBuildpack(text)));
  return new Map(buildpacks.flatMap(({ id, order }) => (order ? [[id, order]] : [])));
};

/** Buildpack APIs of a lifecycle, as lifecycle.toml and labels list them. */
type Apis = { buildpack?: { supported?: string[]; deprecated?: string[] | null } };

const lifecycleToml = '/cnb/lifecycle/lifecycle.toml';

/**
 * Returns the APIs of a builder's lifecycle. The command pack writes them into labels of the builder, and leaves the file
 * out.
 */
const readApis = (image: string, labels: Record<string, string>, text: string | undefined): Apis => {
  if (text !== undefined) return parsed(image, lifecycleToml, () => parse(text) as { apis?: Apis }).apis ?? {};
  const label = (name: string): object | undefined =>
    labels[name] === undefined ? undefined : parseLabel(name, labels[name]);
  const metadata = label(builderLabels.metadata) as { lifecycle?: { apis?: Apis } } | undefined;
  const apis = (label(builderLabels.apis) as Apis | undefined) ?? metadata?.lifecycle?.apis;
  if (apis) return apis;
  throw new Error(
    `${image} is no builder: it has neither ${lifecycleToml} nor the label ${builderLabels.apis}. Name an image that builds with Cloud Native Buildpacks.`,
  );
};

/**
 * Returns what an image's labels say, and the files that knative/builder/facts.Containerfile has copied from it into a
 * folder.
 * @throws Error where the image is no builder
 */
export const parseFacts = async (
  image: string,
  labels: Record<string, string>,
  folder: string,
): Promise<BuilderFacts> => {
  const orderToml = await readIfPresent(join(folder, 'order.toml'));
  if (orderToml === undefined) {
    throw new Error(
      `${image} is no builder: it has no /cnb/order.toml. Name an image that builds with Cloud Native Buildpacks.`,
    );
  }
  const order = parsed(image, '/cnb/order.toml', () => parseOrder(orderToml));
  const { buildpack } = readApis(image, labels, await readIfPresent(join(folder, 'lifecycle.toml')));
  const runImagePackages = await readIfPresent(join(folder, 'run-image-packages'));
  return {
    image,
    labels,
    orderToml,
    order,
    composites: await readComposites(image, join(folder, 'buildpacks')),
    supportedApis: [...(buildpack?.supported ?? []), ...(buildpack?.deprecated ?? [])],
    programs: await readdir(join(folder, 'programs')),
    ...(runImagePackages === undefined ? {} : { runImagePackages }),
  };
};

const pull = async (destination: Destination, image: string): Promise<void> => {
  await run(destination.tool, ['pull', ...plainHttp(destination), image]).catch((error: Error) => {
    const advice = 'Check its name, and that this machine may read it.';
    throw new Error(`The image ${image} can not be pulled; ${destination.tool} says above why. ${advice}`, {
      cause: error,
    });
  });
};

/** Copies the files of a builder that tell what it is into a folder. */
const copyFacts = async (destination: Destination, image: string, runImage: string | undefined, folder: string) => {
  const file = join(root, 'knative/builder/facts.Containerfile');
  const images = { FROM_IMAGE: image, RUN_IMAGE: runImage };
  await buildInto(destination, folder, { file, context: folder, target: 'facts', arguments: images }).catch(
    (error: Error) => {
      const advice = 'Name an image that builds with Cloud Native Buildpacks, for the architecture of this machine.';
      const what = runImage === undefined ? image : `${image} and ${runImage}`;
      throw new Error(`The files of ${what} can not be copied; ${destination.tool} says above why. ${advice}`, {
        cause: error,
      });
    },
  );
};

/**
 * Pulls a builder and returns what it is. With a run image, the packages of the run image are known too.
 * @throws Error where an image can't be pulled, is no builder, or is no run image with packages
 */
export const readFacts = async (destination: Destination, image: string, runImage?: string): Promise<BuilderFacts> => {
  for (const name of runImage === undefined ? [image] : [image, runImage]) await pull(destination, name);
  const { labels } = await inspectImage(destination, image);
  const folder = await mkdtemp(join(tmpdir(), 'builder-facts-'));
  try {
    await copyFacts(destination, image, runImage, folder);
    const { runImagePackages, ...facts } = await parseFacts(image, labels, folder);
    if (runImage === undefined) return facts;
    if (runImagePackages !== undefined) return { ...facts, runImagePackages };
    throw new Error(`${runImage} has no /var/lib/dpkg/status. Name a run image that is based on Debian or Ubuntu.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
