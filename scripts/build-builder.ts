/**
 * Builds and pushes the builder image and the run image, or adds what Toolforge needs to another builder image.
 *
 *   npm run images:builder -- --lifecycle FOLDER [--base-image IMAGE] [--node-image IMAGE] [--node-binary PATH]
 *     makes this project's builder and its run image. FOLDER holds lifecycle, launcher and lifecycle.toml of a release of
 *     buildpacks/lifecycle.
 *   npm run images:builder -- --from IMAGE [--run-image IMAGE]
 *     adds to a builder image, such as Heroku's: the buildpack for an Aptfile, Node.js as an optional part of the groups of
 *     other languages, and a buildpack for a Procfile where there is none. With its run image, the buildpack for an Aptfile
 *     also installs what the builder has and the run image does not have.
 *
 * Both take --registry HOST/PATH, where the images are pushed (or the variable IMAGE_REGISTRY), --tag TAG (default: latest),
 * --tool buildah|podman|docker (default: the first that is installed), and --insecure for a registry without TLS.
 * knative/builder/README.md says more. Prints a line for each image, `builder=REFERENCE@DIGEST` and `run=REFERENCE@DIGEST`.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { placeBuildpack, readBuildpacks } from './builder/buildpacks.ts';
import { extendBuilder } from './builder/extend.ts';
import {
  buildAndPush,
  type Destination,
  destinationOptions,
  output,
  readDestination,
  root,
  runScript,
} from './containers.ts';

/** npm package to install. The version is pinned, because another version of npm may write other files. */
const npm = 'npm@11.21.2';

/** Unpacks npm from its package on the npm registry, since many images with Node have no npm. */
const addNpm = async (context: string): Promise<void> => {
  const archive = await output('npm', ['pack', '--loglevel=error', npm], context);
  await mkdir(join(context, 'npm'));
  await output('tar', ['-xzf', archive, '--strip-components=1', '-C', 'npm'], context);
  await rm(join(context, archive));
};

const addBuildpacks = async (context: string): Promise<void> => {
  const folder = join(root, 'buildpacks');
  for (const buildpack of await readBuildpacks(folder)) await placeBuildpack(buildpack, join(context, 'buildpacks'));
  await cp(join(folder, 'order.toml'), join(context, 'buildpacks/order.toml'));
};

const makeContext = async (context: string, lifecycle: string, runImage: string): Promise<void> => {
  for (const name of ['lifecycle', 'launcher', 'lifecycle.toml']) {
    await cp(join(lifecycle, name), join(context, 'lifecycle', name)).catch(() => {
      throw new Error(`${lifecycle} has no file ${name}. Unpack a release of buildpacks/lifecycle there.`);
    });
  }
  await addBuildpacks(context);
  await addNpm(context);
  await writeFile(join(context, 'run.toml'), `[[images]]\nimage = ${JSON.stringify(runImage)}\n`);
};

/** Base images and files for this project's own builder. */
type OwnImages = {
  lifecycle: string;
  baseImage?: string | undefined;
  nodeImage?: string | undefined;
  nodeBinary?: string | undefined;
};

const makeBuilder = async (destination: Destination, own: OwnImages): Promise<void> => {
  const shared = {
    file: join(root, 'knative/builder/Containerfile'),
    arguments: { BASE_IMAGE: own.baseImage, NODE_IMAGE: own.nodeImage, NODE_BINARY: own.nodeBinary },
  };
  const context = await mkdtemp(join(tmpdir(), 'builder-image-'));
  try {
    await makeContext(context, own.lifecycle, `${destination.registry}/run:${destination.tag}`);
    for (const name of ['run', 'builder']) await buildAndPush(destination, { ...shared, name, target: name, context });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};

const text = { type: 'string' } as const;
const ownOptions = { lifecycle: text, 'base-image': text, 'node-image': text, 'node-binary': text } as const;
const fromOptions = { from: text, 'run-image': text } as const;

await runScript(async () => {
  const { values } = parseArgs({ options: { ...destinationOptions, ...ownOptions, ...fromOptions } });
  const own = Object.keys(ownOptions).find((name) => values[name as keyof typeof ownOptions] !== undefined);
  if (values.from !== undefined && own)
    throw new Error(`--from and --${own} exclude each other. --help explains both.`);
  if (values.from === undefined && values['run-image'] !== undefined)
    throw new Error('--run-image needs --from IMAGE.');
  if (values.from !== undefined) {
    await extendBuilder(await readDestination(values), values.from, values['run-image']);
    return;
  }
  if (values.lifecycle === undefined) throw new Error('Set --lifecycle FOLDER or --from IMAGE. --help explains both.');
  await makeBuilder(await readDestination(values), {
    lifecycle: values.lifecycle,
    baseImage: values['base-image'],
    nodeImage: values['node-image'],
    nodeBinary: values['node-binary'],
  });
});
