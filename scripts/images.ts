/**
 * Builds the image of the functions and the gateway's and pushes them: docs/deploy.md says how it is called. Prints one
 * line for each, `functions=REFERENCE@DIGEST`. Where TEST_REGISTRY is set, the overlay for tests is made ready too.
 */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { writeTestOverlay } from './test-overlay.ts';

const root = join(import.meta.dirname, '..');
const tools = ['buildah', 'podman', 'docker'] as const;
type Tool = (typeof tools)[number];
type Options = { tool: Tool; registry: string; tag: string; insecure: boolean };

type Image = { name: string; setting: string; file: string; context: string; base: string | undefined };

const output = async (command: string, words: string[]): Promise<string> =>
  (await promisify(execFile)(command, words, { cwd: root })).stdout.trim();

/** Runs a command whose output is for the person who waits. */
const run = async (command: string, words: string[]): Promise<void> => {
  const child = spawn(command, words, { stdio: ['ignore', 2, 2], cwd: root });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${words[0]} failed with exit code ${code}.`);
};

const installedTool = async (): Promise<Tool> => {
  for (const tool of tools) {
    if (await output(tool, ['--version']).catch(() => '')) return tool;
  }
  throw new Error(`Install one of ${tools.join(', ')}: images can't be built without.`);
};

const plainHttp = ({ tool, insecure }: Options): string[] =>
  insecure && tool !== 'docker' ? ['--tls-verify=false'] : [];

/** @returns the image's digest in the registry */
const push = async (options: Options, reference: string): Promise<string> => {
  if (options.tool === 'docker') {
    await run('docker', ['push', reference]);
    const pushed = await output('docker', ['inspect', '--format={{index .RepoDigests 0}}', reference]);
    return pushed.slice(pushed.indexOf('@') + 1);
  }
  const folder = await mkdtemp(join(tmpdir(), 'image-digest-'));
  try {
    await run(options.tool, ['push', ...plainHttp(options), `--digestfile=${join(folder, 'digest')}`, reference]);
    return (await readFile(join(folder, 'digest'), 'utf8')).trim();
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** @returns the reference with its digest, so that a pushed tag changes no running function */
const buildAndPush = async (options: Options, { name, file, context, base }: Image): Promise<string> => {
  const reference = `${options.registry}/${name}:${options.tag}`;
  const argument = base ? ['--build-arg', `BASE_IMAGE=${base}`] : [];
  const layers = options.tool === 'docker' ? [] : ['--layers'];
  const flags = [...plainHttp(options), ...layers, ...argument, '--file', file, '--tag', reference];
  await run(options.tool, ['build', ...flags, context]);
  return `${reference}@${await push(options, reference)}`;
};

const readOptions = async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ registry: text, tag: { ...text, default: 'latest' }, tool: text },
      ...{ 'base-image': text, 'gateway-base-image': text, insecure: { type: 'boolean', default: false } },
    },
  });
  const registry = values.registry ?? process.env.IMAGE_REGISTRY;
  if (!registry) throw new Error('Say --registry HOST/PATH, or set IMAGE_REGISTRY: where the images are pushed.');
  const tool = tools.find((known) => known === values.tool) ?? (await installedTool());
  const insecure = values.insecure || process.env.IMAGE_REGISTRY_INSECURE === 'true';
  return {
    options: { tool, registry, tag: values.tag, insecure } satisfies Options,
    base: values['base-image'] ?? process.env.BASE_IMAGE,
    gatewayBase: values['gateway-base-image'] ?? process.env.GATEWAY_BASE_IMAGE,
  };
};

const main = async (): Promise<void> => {
  const { options, base, gatewayBase } = await readOptions();
  await run(process.execPath, [join(root, 'scripts/build.ts')]);
  await cp(join(root, 'scripts/warm.mjs'), join(root, 'dist/warm.mjs'));
  const images: Image[] = [
    { name: 'functions', setting: 'FOLLOWER_IMAGE', file: 'Containerfile', context: 'dist', base },
    {
      name: 'gateway',
      setting: 'GATEWAY_IMAGE',
      file: 'knative/gateway/Containerfile',
      context: 'knative/gateway',
      base: gatewayBase,
    },
  ];
  const settings: Record<string, string> = {};
  for (const image of images) {
    settings[image.setting] = await buildAndPush(options, image);
    console.log(`${image.name}=${settings[image.setting]}`);
  }
  if (!process.env.TEST_REGISTRY) return;
  await writeTestOverlay(settings, process.env);
  console.log('overlay=knative/overlays/test');
};

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
