import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Destination, type Image, pushAndPrint, root } from '../containers.ts';
import { type Buildpack, layoutName, placeBuildpack, readBuildpack, replaceOrder } from './buildpacks.ts';
import { type BuilderFacts, readFacts } from './facts.ts';
import { inspectImage } from './images.ts';
import { extendLabels } from './labels.ts';
import { extendOrder, findNode, findProcfile, type Order } from './order.ts';

/** Programs that the buildpack for an Aptfile runs. */
const neededPrograms = ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query', 'awk'];

/** The order that a builder gets, and the buildpacks of this project that it gets. */
type Extension = { order: Order; buildpacks: Buildpack[] };

/**
 * Returns the buildpacks and the order that make a builder one for Toolforge.
 * @throws Error where the builder can't run these buildpacks
 */
export const planExtension = (facts: BuilderFacts, apt: Buildpack, procfile: Buildpack): Extension => {
  const before = facts.order;
  const missing = neededPrograms.filter((program) => !facts.programs.includes(program));
  if (missing.length > 0) {
    throw new Error(`${facts.image} has no ${missing.join(', ')}. Name a builder that is based on Debian or Ubuntu.`);
  }
  const buildpacks = findProcfile(before, facts.composites) ? [apt] : [apt, procfile];
  const unsupported = buildpacks.find(({ api }) => !facts.supportedApis.includes(api));
  if (unsupported) {
    const supported = facts.supportedApis.join(', ') || 'none';
    throw new Error(
      `The buildpack ${unsupported.id} has the buildpack API ${unsupported.api}, and the lifecycle of ${facts.image} supports ${supported}. Name a builder with lifecycle 0.17 or newer.`,
    );
  }
  return { order: extendOrder(before, facts.composites, { apt, procfile }), buildpacks };
};

/** Writes the build context of the extended builder. Each buildpack has a layer, as in builders of the command pack. */
const writeContext = async (context: string, facts: BuilderFacts, { order, buildpacks }: Extension): Promise<void> => {
  for (const buildpack of buildpacks) await placeBuildpack(buildpack, join(context, 'buildpacks'));
  await mkdir(join(context, 'cnb'));
  await writeFile(join(context, 'cnb/order.toml'), replaceOrder(facts.orderToml, order));
  if (facts.runImagePackages !== undefined)
    await writeFile(join(context, 'cnb/run-image-packages'), facts.runImagePackages);
  const copies = buildpacks.map(({ id }) => `COPY buildpacks/${layoutName(id)}/ /cnb/buildpacks/${layoutName(id)}/`);
  const lines = ['ARG FROM_IMAGE', 'FROM $FROM_IMAGE', 'COPY cnb/ /cnb/', ...copies];
  await writeFile(join(context, 'Containerfile'), `${lines.join('\n')}\n`);
};

/**
 * Builds the image once to learn the digests of its layers, which the labels name, and then with the labels.
 * @throws Error where the second build has other layers. Its labels would name layers that the image does not have
 */
const buildWithLabels = async (destination: Destination, image: Image, facts: BuilderFacts, plan: Extension) => {
  const { layers } = await inspectImage(destination, await build(destination, image));
  const added = plan.buildpacks.map(({ folder: _, ...buildpack }, index) => ({
    ...buildpack,
    diffId: layers.at(index - plan.buildpacks.length) ?? '',
  }));
  const labelled = { ...image, labels: extendLabels(facts.labels, plan.order, added) };
  const tagged = await build(destination, labelled);
  if ((await inspectImage(destination, tagged)).layers.join() === layers.join())
    return pushAndPrint(destination, image.name, tagged);
  const advice = `Start the script again while nothing else uses ${destination.tool}, and let it keep its cache.`;
  throw new Error(`Two builds of the same files have different layers, and the labels must name the layers. ${advice}`);
};

/**
 * Adds the buildpack for an Aptfile, Node.js beside other languages, and a buildpack for a Procfile where there is none, to
 * a builder image, and pushes the result as `builder`. User, environment and other labels stay. Returns the reference.
 * @throws Error where the image can't be pulled, is no builder, or can't run these buildpacks
 */
export const extendBuilder = async (destination: Destination, from: string, runImage?: string): Promise<string> => {
  const facts = await readFacts(destination, from, runImage);
  const readOwn = (name: string): Promise<Buildpack> => readBuildpack(join(root, 'buildpacks', name));
  const [apt, procfile] = await Promise.all([readOwn('apt'), readOwn('procfile')]);
  const plan = planExtension(facts, apt, procfile);
  if (!findNode(plan.order)) console.error(`${from} has no buildpack for Node.js, so its other languages get none.`);
  const context = await mkdtemp(join(tmpdir(), 'builder-image-'));
  try {
    await writeContext(context, facts, plan);
    const file = join(context, 'Containerfile');
    const image = { name: 'builder', file, context, arguments: { FROM_IMAGE: from } };
    return await buildWithLabels(destination, image, facts, plan);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};
