/**
 * Makes and pushes three builders with their run images, for tests of any builder: this project's own, one that is shaped
 * like heroku/builder:24, and one like heroku/builder:22 with an old lifecycle. A fourth builder is what images:builder
 * --from makes of the second. A fifth has the shape of the second and all buildpacks of this project. A sixth is
 * the first with a source of Debian packages. Prints a line for each image, such as `BUILDER_HEROKU=REFERENCE@DIGEST`. The variables are
 * those of `npm run images`, and LIFECYCLE and LIFECYCLE_OLD, folders as `npm run images:builder` takes them.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { type Buildpack, placeBuildpack, readBuildpack, readBuildpacks } from '../../../scripts/builder/buildpacks.ts';
import { extendBuilder } from '../../../scripts/builder/extend.ts';
import { inspectImage } from '../../../scripts/builder/images.ts';
import { builderLabels, extendLabels } from '../../../scripts/builder/labels.ts';
import type { Member, Order } from '../../../scripts/builder/order.ts';
import {
  build,
  type Destination,
  type Image,
  output,
  publish,
  readDestination,
  root,
  runScript,
} from '../../../scripts/containers.ts';

/** A shape of builder. `stack` names the images, and is the stack in their labels and files. */
type Shape = {
  stack: string;
  runTarget: string;
  lifecycle: string;
  hasLifecycleToml: boolean;
  /** Name of the builder image. Default: from the stack. */
  builder?: string;
  order: Order;
  /** Returns the buildpacks, which the function may write into a folder. */
  readBuildpacks: (context: string) => Promise<Buildpack[]>;
};

/** Ids that buildpacks of this project have in the builders, and the versions. */
const renamed = {
  python: ['heroku/python', '2.5.1'],
  node: ['heroku/nodejs-npm', '5.1.1'],
  procfile: ['heroku/procfile', '4.2.1'],
} as const;

const member = (id: string, version: string, optional = false): Member => ({
  id,
  version,
  ...(optional && { optional }),
});
const language = (id: string, version: string): Order[number] => ({
  group: [member('heroku/deb-packages', '1.0.1', true), member(id, version), member('heroku/procfile', '4.2.1', true)],
});
const herokuOrder: Order = [language('heroku/python', '2.5.1'), language('heroku/nodejs', '5.1.1')];

/** Copies a buildpack of this project under another id. */
const rename = async (name: keyof typeof renamed, context: string): Promise<Buildpack> => {
  const folder = join(context, 'renamed', name);
  await cp(join(root, 'buildpacks', name), folder, { recursive: true });
  const file = join(folder, 'buildpack.toml');
  const [id, version] = renamed[name];
  const toml = parse(await readFile(file, 'utf8')) as { buildpack: object };
  await writeFile(file, stringify({ ...toml, buildpack: { ...toml.buildpack, id, version } }));
  return readBuildpack(folder);
};

/** Returns buildpacks that are named and nested as Heroku's are. */
const herokuBuildpacks = async (context: string): Promise<Buildpack[]> => [
  ...(await Promise.all((['python', 'node', 'procfile'] as const).map((name) => rename(name, context)))),
  ...(await readBuildpacks(join(import.meta.dirname, 'buildpacks'))),
];

const languages: Member = { id: 'toolforge/languages', version: '0.1.0' };

/** Returns the buildpacks of this project, and a composite buildpack with their order. */
const ownBuildpacks = async (context: string): Promise<Buildpack[]> => {
  const own = join(root, 'buildpacks');
  const folder = join(context, 'languages');
  await mkdir(folder);
  const { order } = parse(await readFile(join(own, 'order.toml'), 'utf8'));
  await writeFile(join(folder, 'buildpack.toml'), stringify({ api: '0.11', buildpack: languages, order }));
  return [...(await readBuildpacks(own)), await readBuildpack(folder)];
};

/** Writes the files of a builder as the command pack does. @returns its buildpacks */
const makeContext = async (context: string, shape: Shape, runImage: string): Promise<Buildpack[]> => {
  // pack leaves lifecycle.toml out. Images of other makers have it.
  const names = ['lifecycle', 'launcher', ...(shape.hasLifecycleToml ? ['lifecycle.toml'] : [])];
  for (const name of names) await cp(join(shape.lifecycle, name), join(context, 'lifecycle', name));
  const buildpacks = await shape.readBuildpacks(context);
  for (const buildpack of buildpacks) await placeBuildpack(buildpack, join(context, 'cnb/buildpacks'));
  await writeFile(join(context, 'cnb/order.toml'), stringify({ order: shape.order }));
  await writeFile(join(context, 'cnb/run.toml'), stringify({ images: [{ image: runImage }] }));
  await writeFile(join(context, 'cnb/stack.toml'), stringify({ 'run-image': { image: runImage } }));
  return buildpacks;
};

/** Labels of a builder as the command pack writes them. All buildpacks are in one layer, the last one of the image. */
const labelsOf = async (shape: Shape, runImage: string, buildpacks: Buildpack[], diffId: string) => {
  const toml = parse(await readFile(join(shape.lifecycle, 'lifecycle.toml'), 'utf8'));
  const metadata = {
    description: `A builder for tests, with the stack ${shape.stack}`,
    buildpacks: [],
    stack: { runImage: { image: runImage } },
    images: [{ image: runImage }],
    lifecycle: { ...(toml.lifecycle as object), apis: toml.apis },
    createdBy: { name: 'Pack CLI', version: '0.36.0' },
  };
  const empty = {
    [builderLabels.metadata]: JSON.stringify(metadata),
    [builderLabels.layers]: '{}',
    [builderLabels.order]: '[]',
    [builderLabels.apis]: JSON.stringify(toml.apis),
  };
  const layered = buildpacks.map(({ folder: _, ...buildpack }) => ({ ...buildpack, diffId }));
  return { ...empty, ...extendLabels(empty, shape.order, layered) };
};

const makePair = async (destination: Destination, shape: Shape, ownRunImage: string): Promise<[string, string]> => {
  const context = await mkdtemp(join(tmpdir(), 'test-builder-'));
  const shared = {
    file: join(import.meta.dirname, 'Containerfile'),
    context,
    arguments: { RUN_IMAGE: ownRunImage, STACK: shape.stack },
  };
  try {
    await mkdir(join(context, 'cnb'));
    const run = `${shape.stack}-run`;
    const buildpacks = await makeContext(context, shape, `${destination.registry}/${run}:${destination.tag}`);
    const runImage = await publish(destination, { ...shared, name: run, target: shape.runTarget });
    const builder: Image = { ...shared, name: shape.builder ?? `${shape.stack}-builder`, target: 'builder' };
    const { layers } = await inspectImage(destination, await build(destination, builder));
    const labels = await labelsOf(shape, runImage, buildpacks, layers.at(-1) ?? '');
    return [await publish(destination, { ...builder, labels }), runImage];
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};

/** Adds a source of Debian packages to this project's own builder. @returns the reference of the image */
const addPackages = async (destination: Destination, [builder, run]: [string, string]): Promise<string> => {
  const context = await mkdtemp(join(tmpdir(), 'test-builder-'));
  try {
    const file = join(import.meta.dirname, 'Containerfile');
    const images = { OWN_BUILDER: builder, RUN_IMAGE: run };
    return await publish(destination, {
      name: 'packages-builder',
      file,
      context,
      target: 'packages',
      arguments: images,
    });
  } finally {
    await rm(context, { recursive: true });
  }
};

/** Makes this project's own pair. @returns the references of the builder and of the run image */
const makeOwnPair = async (lifecycle: string): Promise<[string, string]> => {
  const { BASE_IMAGE = '', GATEWAY_BASE_IMAGE = '' } = process.env;
  const options = {
    lifecycle,
    'base-image': GATEWAY_BASE_IMAGE,
    'node-image': BASE_IMAGE,
    'node-binary': '/usr/bin/node',
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const printed = await output(process.execPath, [join(root, 'scripts/build-builder.ts'), ...words]);
  const reference = (name: string): string => new RegExp(`^${name}=(.+)$`, 'm').exec(printed)?.[1] ?? '';
  return [reference('builder'), reference('run')];
};

await runScript(async () => {
  const { LIFECYCLE: current, LIFECYCLE_OLD: old } = process.env;
  if (!current || !old) throw new Error('Set LIFECYCLE and LIFECYCLE_OLD to folders with a lifecycle.');
  const destination = await readDestination({ tag: 'latest', insecure: false });
  const print = (name: string, [builder, run]: [string, string]): void =>
    console.log(`BUILDER_${name}=${builder}\nRUN_${name}=${run}`);
  const own = await makeOwnPair(current);
  print('OURS', own);
  console.log(`BUILDER_PACKAGES=${await addPackages(destination, own)}`);
  const named = { order: herokuOrder, readBuildpacks: herokuBuildpacks };
  const shape24 = { stack: 'heroku-24', runTarget: 'run-24', lifecycle: current, hasLifecycleToml: false };
  const heroku = { ...shape24, ...named };
  const [builder, run] = await makePair(destination, heroku, own[1]);
  print('HEROKU', [builder, run]);
  console.log(`BUILDER_EXTENDED=${await extendBuilder({ ...destination, tag: 'extended' }, builder, run)}`);
  const order = [{ group: [languages] }];
  const own24 = { ...shape24, builder: 'heroku-24-languages-builder', order, readBuildpacks: ownBuildpacks };
  console.log(`BUILDER_LANGUAGES=${(await makePair(destination, own24, own[1]))[0]}`);
  const older = { stack: 'heroku-22', runTarget: 'run-22', lifecycle: old, hasLifecycleToml: true, ...named };
  print('OLD', await makePair(destination, older, own[1]));
});
