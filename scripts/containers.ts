import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '..');

const tools = ['buildah', 'podman', 'docker'] as const;
type Tool = (typeof tools)[number];

/** Registry and tag for pushed images, and the program that builds images. `insecure`: the registry has no TLS. */
export type Destination = { tool: Tool; registry: string; tag: string; insecure: boolean };
/** An image to build: its name in the registry, its Containerfile, and its build context. */
export type Image = {
  name: string;
  file: string;
  context: string;
  target?: string;
  /** Build arguments of the Containerfile. An undefined argument has the Containerfile's default. */
  arguments: Record<string, string | undefined>;
  /** Labels to set, besides those of the Containerfile. */
  labels?: Record<string, string>;
};

/** Command-line options of every script that pushes images, in the format of Node's parseArgs. */
export const destinationOptions = {
  registry: { type: 'string' },
  tag: { type: 'string', default: 'latest' },
  tool: { type: 'string' },
  insecure: { type: 'boolean', default: false },
} as const;

/**
 * Returns the environment of the programs that the scripts start. npm reads no other variable with authorities than
 * NODE_EXTRA_CA_CERTS, and buildah, podman and docker read SSL_CERT_FILE.
 */
const environment = (): NodeJS.ProcessEnv => ({ NODE_EXTRA_CA_CERTS: process.env.SSL_CERT_FILE, ...process.env });

/**
 * Runs a command and returns its trimmed standard output.
 * @throws Error with the standard error of the command; for a proxy that wants a password, it says what to do
 */
export const output = async (command: string, words: string[], cwd = root): Promise<string> => {
  try {
    return (await promisify(execFile)(command, words, { cwd, env: environment() })).stdout.trim();
  } catch (error) {
    if (!/\bE?407\b/.test((error as { stderr?: string }).stderr ?? '')) throw error;
    const advice = 'Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or list the host in NO_PROXY.';
    throw new Error(`The proxy wants a valid user name and password for ${command}. ${advice}`, { cause: error });
  }
};

/** Runs a command whose output goes to standard error, since standard output is for the references of the images. */
export const run = async (command: string, words: string[]): Promise<void> => {
  const child = spawn(command, words, { stdio: ['ignore', 2, 2], cwd: root, env: environment() });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${words[0]} failed with exit code ${code}.`);
};

const installedTool = async (): Promise<Tool> => {
  for (const tool of tools) {
    if (await output(tool, ['--version']).catch(() => '')) return tool;
  }
  throw new Error(`Install one of ${tools.join(', ')} to build images.`);
};

type Values = { registry?: string | undefined; tag: string; tool?: string | undefined; insecure: boolean };

/**
 * Returns the destination of images, from command-line options, or from IMAGE_REGISTRY and IMAGE_REGISTRY_INSECURE
 * where an option is missing.
 * @throws Error where neither names a registry
 */
export const readDestination = async (values: Values): Promise<Destination> => {
  const registry = values.registry ?? process.env.IMAGE_REGISTRY;
  if (!registry)
    throw new Error('Set the registry for the images: --registry HOST/PATH, or the variable IMAGE_REGISTRY.');
  const tool = tools.find((known) => known === values.tool) ?? (await installedTool());
  const insecure = values.insecure || process.env.IMAGE_REGISTRY_INSECURE === 'true';
  return { tool, registry, tag: values.tag, insecure };
};

export const plainHttp = ({ tool, insecure }: Destination): string[] =>
  insecure && tool !== 'docker' ? ['--tls-verify=false'] : [];

/** Pushes an image and returns its digest in the registry. */
const push = async (destination: Destination, reference: string): Promise<string> => {
  if (destination.tool === 'docker') {
    await run('docker', ['push', reference]);
    const pushed = await output('docker', ['inspect', '--format={{index .RepoDigests 0}}', reference]);
    return pushed.slice(pushed.indexOf('@') + 1);
  }
  const folder = await mkdtemp(join(tmpdir(), 'image-digest-'));
  try {
    const digest = join(folder, 'digest');
    await run(destination.tool, ['push', ...plainHttp(destination), `--digestfile=${digest}`, reference]);
    return (await readFile(digest, 'utf8')).trim();
  } finally {
    await rm(folder, { recursive: true });
  }
};

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];

/**
 * Returns the flags that give the steps of a Containerfile the proxies of this machine. Docker keeps these arguments out
 * of the image and of its history. buildah and podman pass the proxies on without a flag. A flag without a value takes it
 * from the environment, so that no password is in the list of processes.
 */
const proxyFlags = ({ tool }: Destination): string[] =>
  [...proxyVariables, ...proxyVariables.map((name) => name.toLowerCase())].flatMap((name) =>
    tool === 'docker' && process.env[name] ? ['--build-arg', name] : [],
  );

const buildFlags = (destination: Destination, image: Omit<Image, 'name'>): string[] => [
  ...plainHttp(destination),
  ...(destination.tool === 'docker' ? [] : ['--layers']),
  ...proxyFlags(destination),
  ...Object.entries(image.arguments).flatMap(([name, value]) => (value ? ['--build-arg', `${name}=${value}`] : [])),
  ...Object.entries(image.labels ?? {}).map(([name, value]) => `--label=${name}=${value}`),
  ...(image.target ? ['--target', image.target] : []),
];

/**
 * Builds an image and writes its files into a folder, without an image on this machine or in the registry. Nothing of an
 * earlier build is taken, because buildah does not notice that a mounted image is another one.
 */
export const buildInto = async (
  destination: Destination,
  folder: string,
  image: Omit<Image, 'name'>,
): Promise<void> => {
  const flags = [
    ...buildFlags(destination, image),
    '--no-cache',
    '--file',
    image.file,
    `--output=type=local,dest=${folder}`,
  ];
  await run(destination.tool, ['build', ...flags, image.context]);
};

/** Builds an image on this machine, and returns its reference with the tag. */
export const build = async (destination: Destination, image: Image): Promise<string> => {
  const tagged = `${destination.registry}/${image.name}:${destination.tag}`;
  const flags = [...buildFlags(destination, image), '--file', image.file, '--tag', tagged];
  await run(destination.tool, ['build', ...flags, image.context]);
  return tagged;
};

/**
 * Pushes an image that `build` has made, and returns its reference. The reference has the image's digest, so that a later
 * push to the same tag does not change a deployed image.
 */
const pushBuilt = async (destination: Destination, tagged: string): Promise<string> =>
  `${tagged}@${await push(destination, tagged)}`;

/** Builds and pushes an image, and returns its reference with the digest. */
export const publish = async (destination: Destination, image: Image): Promise<string> =>
  pushBuilt(destination, await build(destination, image));

/** Pushes an image that `build` has made, prints `name=reference`, and returns the reference. */
export const pushAndPrint = async (destination: Destination, name: string, tagged: string): Promise<string> => {
  const reference = await pushBuilt(destination, tagged);
  console.log(`${name}=${reference}`);
  return reference;
};

/** Builds and pushes an image, prints `name=reference`, and returns the reference. */
export const buildAndPush = async (destination: Destination, image: Image): Promise<string> =>
  pushAndPrint(destination, image.name, await build(destination, image));

/** Runs a script's main function. An error is printed as one line, and the exit code is then 1. */
export const runScript = async (main: () => Promise<void>): Promise<void> => {
  try {
    await main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
};
