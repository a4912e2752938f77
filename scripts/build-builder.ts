/**
 * Builds the builder and the run image and pushes them: knative/builder/README.md says how it is called.
 * Prints one line for each image, `builder=REFERENCE@DIGEST` and `run=REFERENCE@DIGEST`.
 */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { parse } from 'smol-toml';

const root = join(import.meta.dirname, '..');
const tools = ['buildah', 'podman', 'docker'] as const;
type Tool = (typeof tools)[number];
type Options = {
  tool: Tool;
  registry: string;
  tag: string;
  insecure: boolean;
  lifecycle: string;
  buildArguments: Record<string, string>;
};

/** Pinned, because what npm writes may differ from version to version. */
const npm = 'npm@11.21.2';

const output = async (command: string, words: string[], cwd = root): Promise<string> =>
  (await promisify(execFile)(command, words, { cwd })).stdout.trim();

/** Runs a command whose output is for the person who waits. */
async function run(command: string, words: string[]): Promise<void> {
  const child = spawn(command, words, { stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${words[0]} failed with exit code ${code}.`);
}

async function installedTool(): Promise<Tool> {
  for (const tool of tools) {
    if (await output(tool, ['--version']).catch(() => '')) return tool;
  }
  throw new Error(`Install one of ${tools.join(', ')}: images can't be built without.`);
}

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

const buildFlags = ({ tool, insecure, buildArguments }: Options): string[] => [
  ...Object.entries(buildArguments).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  ...(tool === 'docker' ? [] : ['--layers']),
  ...(insecure && tool !== 'docker' ? ['--tls-verify=false'] : []),
];

/** @returns the image's digest in the registry */
async function push({ tool, insecure }: Options, reference: string, folder: string): Promise<string> {
  if (tool === 'docker') {
    await run('docker', ['push', reference]);
    const pushed = await output('docker', ['inspect', '--format={{index .RepoDigests 0}}', reference]);
    return pushed.slice(pushed.indexOf('@') + 1);
  }
  const file = join(folder, 'digest');
  const flags = [...(insecure ? ['--tls-verify=false'] : []), `--digestfile=${file}`];
  await run(tool, ['push', ...flags, reference]);
  return (await readFile(file, 'utf8')).trim();
}

async function buildAndPush(options: Options, target: 'builder' | 'run', context: string): Promise<void> {
  const reference = `${options.registry}/${target}:${options.tag}`;
  const file = join(root, 'knative/builder/Containerfile');
  const flags = [...buildFlags(options), '--target', target, '--file', file, '--tag', reference];
  await run(options.tool, ['build', ...flags, context]);
  const digest = await push(options, reference, dirname(context));
  console.log(`${target}=${reference}@${digest}`);
}

async function readOptions(): Promise<Options> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ lifecycle: text, registry: text, tag: { ...text, default: 'latest' }, tool: text },
      ...{ 'base-image': text, 'node-image': text, 'node-binary': text },
      insecure: { type: 'boolean', default: false },
    },
  });
  const { lifecycle, registry, tag, insecure } = values;
  if (lifecycle === undefined || registry === undefined) {
    throw new Error('Say --lifecycle FOLDER and --registry HOST/PATH; knative/builder/README.md explains them.');
  }
  const tool = tools.find((known) => known === values.tool) ?? (await installedTool());
  const named = {
    BASE_IMAGE: values['base-image'],
    NODE_IMAGE: values['node-image'],
    NODE_BINARY: values['node-binary'],
  };
  const buildArguments: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) if (value !== undefined) buildArguments[name] = value;
  return { tool, registry, tag, insecure, lifecycle, buildArguments };
}

async function main(): Promise<void> {
  const options = await readOptions();
  const folder = await mkdtemp(join(tmpdir(), 'builder-image-'));
  const context = join(folder, 'context');
  try {
    await mkdir(context);
    await makeContext(context, options.lifecycle, `${options.registry}/run:${options.tag}`);
    await buildAndPush(options, 'run', context);
    await buildAndPush(options, 'builder', context);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
