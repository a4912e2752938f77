/**
 * Builds the builder and the run image and pushes them: knative/builder/README.md says how it is called.
 * Prints one line for each image, `builder=REFERENCE@DIGEST` and `run=REFERENCE@DIGEST`.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'smol-toml';
import { buildAndPush, destinationOptions, output, readDestination, root, runScript } from './containers.ts';

/** Pinned, because what npm writes may differ from version to version. */
const npm = 'npm@11.21.2';

/** Node's images without npm are common, so npm comes from its own package, which holds all that it needs. */
async function addNpm(context: string): Promise<void> {
  const archive = await output('npm', ['pack', '--silent', npm], context);
  await mkdir(join(context, 'npm'));
  await output('tar', ['-xzf', archive, '--strip-components=1', '-C', 'npm'], context);
  await rm(join(context, archive));
}

/** /cnb/buildpacks/ID/VERSION, slashes in the id replaced. Platform specification, "Buildpacks Directory Layout". */
async function addBuildpacks(context: string): Promise<void> {
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
}

async function makeContext(context: string, lifecycle: string, runImage: string): Promise<void> {
  for (const name of ['lifecycle', 'launcher']) {
    await cp(join(lifecycle, name), join(context, 'lifecycle', name)).catch(() => {
      throw new Error(`${lifecycle} holds no ${name}: unpack a release of buildpacks/lifecycle there.`);
    });
  }
  await addBuildpacks(context);
  await addNpm(context);
  await writeFile(join(context, 'run.toml'), `[[images]]\nimage = ${JSON.stringify(runImage)}\n`);
}

await runScript(async () => {
  const text = { type: 'string' } as const;
  const own = { lifecycle: text, 'base-image': text, 'node-image': text, 'node-binary': text };
  const { values } = parseArgs({ options: { ...destinationOptions, ...own } });
  if (values.lifecycle === undefined)
    throw new Error('Say --lifecycle FOLDER: knative/builder/README.md explains what it holds.');
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
