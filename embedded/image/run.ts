/** Starts an image's process on this machine, from its layers alone: `node embedded/image/run.ts [OPTIONS] IMAGE`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataFolder, paths } from '../../local/folder.ts';
import { findManifest, type ImageConfig, layoutFolder, type Manifest, readIndex, readJson } from './layout.ts';
import { parseReference } from './reference.ts';
import { unpackImage } from './unpack.ts';

export type RunOptions = {
  imagesFolder: string;
  /** As `HOST/REPOSITORY:TAG` or `REPOSITORY@DIGEST`; the host isn't looked at. */
  image: string;
  /** The port the process shall listen on; a free one where none is given. */
  port?: number;
  env?: Record<string, string>;
  /** A process type other than the image's default. */
  process?: string;
  /** Milliseconds until the port must answer. */
  timeout?: number;
  /** Takes the process' output as it comes. */
  onOutput?: (chunk: string) => void;
};
/** A library, for example: nothing to serve. */
export class NoDefaultProcess extends Error {
  override readonly name = 'NoDefaultProcess';
}

export type RunningImage = {
  url: string;
  /** Ends the process and all it started, and removes what was unpacked. */
  stop(): Promise<void>;
  /** The last of what the process wrote. */
  output(): string;
  /** Resolves with the exit status when the process ends by itself. */
  ended: Promise<number>;
};

const outputLimit = 64 * 1024;
const patience = { start: 60_000, stop: 3_000 };

const readImage = async (imagesFolder: string, image: string) => {
  const { repository, tag, digest } = parseReference(image);
  const layout = layoutFolder({ imagesFolder, repository });
  const index = await readIndex(layout);
  const found = index && findManifest(index, digest || tag || 'latest');
  if (found === undefined) throw new Error(`There is no image ${image} in ${imagesFolder}.`);
  const manifest = await readJson<Manifest>(layout, found.digest);
  return { layout, manifest, config: await readJson<ImageConfig>(layout, manifest.config.digest) };
};

/** The port itself where it is free, a free one for 0. */
const freePort = async (port: number): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new Error(`Port ${port} is in use: choose another.`)));
    server.listen(port, () => resolve());
  });
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.unref();
    socket.once('connect', () => socket.end());
  });

/** The image's variables, with this machine's programs on the path: the run image is this machine. */
const environmentFor = (root: string, config: ImageConfig, port: number, env: Record<string, string>) => {
  const own = (config.config?.Env ?? []).map((line) => [line.replace(/=.*$/s, ''), line.slice(line.indexOf('=') + 1)]);
  const machine = ['LANG', 'TZ', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'PYENV_ROOT'];
  const inherited = machine.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(own),
    HOME: join(root, 'workspace'),
    PATH: `${join(root, 'cnb/process')}:${join(root, 'cnb/lifecycle')}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    PORT: String(port),
    ...env,
  };
};

const startProcess = (root: string, config: ImageConfig, port: number, options: RunOptions): ChildProcess => {
  const { Entrypoint = [], Cmd = [] } = config.config ?? {};
  const entrypoint = options.process === undefined ? Entrypoint : [`/cnb/process/${options.process}`];
  const [program, ...words] = [...entrypoint, ...Cmd];
  if (program === undefined || program === '/cnb/lifecycle/launcher') {
    throw new NoDefaultProcess(`${options.image} has no process that starts by default: name one of its processes.`);
  }
  return spawn(program.startsWith('/') ? join(root, program) : program, words, {
    cwd: root,
    // A group of its own, so that all it starts can be ended with it.
    detached: true,
    env: environmentFor(root, config, port, options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): boolean => {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
};

const stopGroup = async (child: ChildProcess): Promise<void> => {
  const deadline = Date.now() + patience.stop;
  let signalled = signalGroup(child, 'SIGTERM');
  while (signalled && Date.now() < deadline) {
    await delay(20);
    signalled = signalGroup(child, 0 as unknown as NodeJS.Signals);
  }
  if (signalled) signalGroup(child, 'SIGKILL');
};

const collectOutput = (child: ChildProcess, onOutput: RunOptions['onOutput']): (() => string) => {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-outputLimit);
      onOutput?.(chunk);
    });
  }
  return () => text;
};

const waitUntilReady = async (
  port: number,
  ended: Promise<number>,
  timeout: number,
  output: () => string,
): Promise<void> => {
  const deadline = Date.now() + timeout;
  let exitCode: number | undefined;
  ended.then((code) => {
    exitCode = code;
  });
  while (!(await answers(port))) {
    const said = `Its output:\n${output() || '(none)'}`;
    if (exitCode !== undefined) throw new Error(`The process ended with exit status ${exitCode}. ${said}`);
    if (Date.now() > deadline) throw new Error(`Nothing listens on port ${port}: the process must use $PORT. ${said}`);
    await delay(50);
  }
};

/**
 * Unpacks an image into a temporary folder and starts its process there.
 * @throws Error with a sentence when there is no such image, or its process ends or doesn't listen in time
 */
export const runImage = async (options: RunOptions): Promise<RunningImage> => {
  const { layout, manifest, config } = await readImage(options.imagesFolder, options.image);
  const root = await realpath(await mkdtemp(join(tmpdir(), 'image-')));
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 3 });
  try {
    await unpackImage(layout, manifest, root);
    const port = await freePort(options.port ?? 0);
    const child = startProcess(root, config, port, options);
    const output = collectOutput(child, options.onOutput);
    const ended = new Promise<number>((resolve) => {
      child.once('error', () => resolve(127));
      child.once('exit', (code) => resolve(code ?? 1));
    });
    const stop = async () => {
      await stopGroup(child);
      await remove();
    };
    await waitUntilReady(port, ended, options.timeout ?? patience.start, output).catch(async (error) => {
      await stop();
      throw error;
    });
    return { url: `http://127.0.0.1:${port}`, stop, output, ended };
  } catch (error) {
    await remove();
    throw error;
  }
};

const usage =
  'Usage: node embedded/image/run.ts [--images FOLDER] [--port PORT] [--process TYPE] [--env NAME=VALUE]… IMAGE';

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      images: { type: 'string', default: paths(dataFolder()).images },
      port: { type: 'string', default: '8000' },
      process: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
    },
  });
  const [image] = positionals;
  if (image === undefined) throw new Error(usage);
  const env = Object.fromEntries(values.env.map((pair) => [pair.replace(/=.*$/s, ''), pair.replace(/^[^=]*=?/, '')]));
  const type = values.process === undefined ? {} : { process: values.process };
  const onOutput = (chunk: string) => void process.stdout.write(chunk);
  const running = await runImage({
    imagesFolder: values.images,
    image,
    port: Number(values.port),
    env,
    ...type,
    onOutput,
  });
  console.log(`Running at ${running.url}; Ctrl+C stops it.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => running.stop().then(() => process.exit(0)));
  }
  process.exitCode = await running.ended;
  await running.stop();
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
