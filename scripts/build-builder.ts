/**
 * Builds and pushes the builder image and the run image.
 *   npm run images:builder -- --lifecycle FOLDER --registry HOST/PATH [--tag TAG] [--tool buildah|podman|docker]
 *     [--insecure] [--base-image IMAGE] [--node-image IMAGE] [--node-binary PATH]
 * knative/builder/README.md explains the options. Prints a line for each image, `builder=REFERENCE@DIGEST` and `run=REFERENCE@DIGEST`.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'smol-toml';
import { buildAndPush, destinationOptions, output, readDestination, root, runScript } from './containers.ts';

/** npm package to install. The version is pinned, because another version of npm may write other files. */
const npm = 'npm@11.21.2';

/** Unpacks npm from its package on the npm registry, since many images with Node have no npm. */
const addNpm = async (context: string): Promise<void> => {
  const archive = await output('npm', ['pack', '--loglevel=error', npm], context);
  await mkdir(join(context, 'npm'));
  await output('tar', ['-xzf', archive, '--strip-components=1', '-C', 'npm'], context);
  await rm(join(context, archive));
};

/**
 * Copies each buildpack to /cnb/buildpacks/ID/VERSION. In ID, slashes are replaced by underscores.
 * @see https://github.com/buildpacks/spec/blob/main/platform.md#buildpacks-directory-layout
 */
const addBuildpacks = async (context: string): Promise<void> => {
  const entries = await readdir(join(root, 'buildpacks'), { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const folder = join(root, 'buildpacks', name);
    const { buildpack } = parse(await readFile(join(folder, 'buildpack.toml'), 'utf8')) as {
      buildpack: { id: string; version: string };
    };
    const place = join(context, 'buildpacks', buildpack.id.replaceAll('/', '_'), buildpack.version);
    await cp(folder, place, { recursive: true });
  }
  await cp(join(root, 'buildpacks/order.toml'), join(context, 'buildpacks/order.toml'));
};

const makeContext = async (context: string, lifecycle: string, runImage: string): Promise<void> => {
  for (const name of ['lifecycle', 'launcher']) {
    await cp(join(lifecycle, name), join(context, 'lifecycle', name)).catch(() => {
      throw new Error(`${lifecycle} has no file ${name}. Unpack a release of buildpacks/lifecycle there.`);
    });
  }
  await addBuildpacks(context);
  await addNpm(context);
  await writeFile(join(context, 'run.toml'), `[[images]]\nimage = ${JSON.stringify(runImage)}\n`);
};

await runScript(async () => {
  const text = { type: 'string' } as const;
  const own = { lifecycle: text, 'base-image': text, 'node-image': text, 'node-binary': text };
  const { values } = parseArgs({ options: { ...destinationOptions, ...own } });
  if (values.lifecycle === undefined)
    throw new Error('Set --lifecycle FOLDER. knative/builder/README.md explains what the folder holds.');
  const destination = await readDestination(values);
  const shared = {
    file: join(root, 'knative/builder/Containerfile'),
    arguments: {
      BASE_IMAGE: values['base-image'],
      NODE_IMAGE: values['node-image'],
      NODE_BINARY: values['node-binary'],
    },
  };
  const context = await mkdtemp(join(tmpdir(), 'builder-image-'));
  try {
    await makeContext(context, values.lifecycle, `${destination.registry}/run:${destination.tag}`);
    for (const name of ['run', 'builder']) await buildAndPush(destination, { ...shared, name, target: name, context });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
});
