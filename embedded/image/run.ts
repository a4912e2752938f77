import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Group, hasProcesses, killGroup, leaderOf, markerOf, recordLeader, signalGroup } from '../processes.ts';
import { removeFolder } from '../remove-folder.ts';
import { findManifest, type ImageConfig, layoutFolder, type Manifest, readIndex, readJson } from './layout.ts';
import { parseReference } from './reference.ts';
import { unpackImage } from './unpack.ts';

export type RunOptions = {
  imagesFolder: string;
  /**
   * The image to run: `HOST/REPOSITORY:TAG` or `REPOSITORY@DIGEST`. The host is ignored, because all images come from
   * `imagesFolder`.
   */
  image: string;
  /** Port that the image's process must listen on. Default: a free port. */
  port?: number;
  env?: Record<string, string>;
  /**
   * Environment variables of this machine that the process gets too: proxies, certificate authorities, places of
   * interpreters. Variables of the image and of `env` replace them. Default: none.
   */
  machine?: Record<string, string>;
  /** Type of the image's process to start, such as `web`. Default: the image's default process. */
  process?: string;
  /** Arguments of the process, after those of the image. Default: none. */
  args?: string[];
  /** Time in milliseconds within which the image's process must listen on its port. Default 60 s. */
  timeoutMs?: number;
  /** Called with each chunk of the output of the image's process. */
  onOutput?: (chunk: string) => void;
  /** Folder in which the image is unpacked, into a folder of its own. Default: the system's folder for temporary files. */
  folder?: string;
  /**
   * File to which the id of the image's process is written. After a crash of this process, the next one finds and ends
   * the image's process by this file. Default: none.
   */
  record?: string;
  /** Signal that ends the start of the image when it aborts. Default: none. */
  signal?: AbortSignal;
};

/** Thrown when an image has no process that starts by default, such as one whose Procfile has no process web. */
export class NoDefaultProcessError extends Error {
  override readonly name = 'NoDefaultProcessError';

  constructor(image: string) {
    super(`${image} has no process that starts by default. Name one of its processes.`);
  }
}

export type RunningImage = {
  url: string;
  /** Ends the image's process and its children, and removes the unpacked files of the image. */
  stop(): Promise<void>;
  /** Sends a signal to the image's process alone, as a container runtime does. */
  signal(signal: NodeJS.Signals): void;
  /** Returns the last 65,536 characters of the output of the image's process. */
  output(): string;
  /** Resolves with the exit code when the image's process ends. */
  ended: Promise<number>;
};

const maxOutputChars = 64 * 1024;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 3000;

const readImage = async (imagesFolder: string, image: string) => {
  const { repository, tag, digest } = parseReference(image);
  const layout = layoutFolder({ imagesFolder, repository });
  const index = await readIndex(layout);
  const found = index && findManifest(index, digest || tag || 'latest');
  if (found === undefined) throw new Error(`There is no image ${image} in ${imagesFolder}.`);
  const manifest = await readJson<Manifest>(layout, found.digest);
  return { layout, manifest, config: await readJson<ImageConfig>(layout, manifest.config.digest) };
};

/**
 * Returns `port` if that port is free on loopback, or a free port when `port` is 0.
 * @throws Error when the port is in use
 */
const freePort = async (port: number): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new Error(`Port ${port} is in use. Choose another port.`)));
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.unref();
    socket.once('connect', () => socket.end());
  });

/**
 * Returns the environment variables of an image's process. This machine's programs are on the path, because an image
 * without base layers holds no interpreters.
 */
const environmentFor = (root: string, config: ImageConfig, port: number, { machine, env }: RunOptions) => {
  const own = (config.config?.Env ?? []).map((line) => [line.replace(/=.*$/s, ''), line.slice(line.indexOf('=') + 1)]);
  return {
    ...machine,
    ...Object.fromEntries(own),
    HOME: join(root, 'workspace'),
    TMPDIR: join(root, 'tmp'),
    PATH: `${join(root, 'cnb/process')}:${join(root, 'cnb/lifecycle')}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    PORT: String(port),
    ...env,
  };
};

const startProcess = (root: string, config: ImageConfig, port: number, options: RunOptions): ChildProcess => {
  const { Entrypoint = [], Cmd = [] } = config.config ?? {};
  const entrypoint = options.process === undefined ? Entrypoint : [`/cnb/process/${options.process}`];
  const [program, ...words] = [...entrypoint, ...Cmd, ...(options.args ?? [])];
  if (program === undefined || program === '/cnb/lifecycle/launcher') {
    throw new NoDefaultProcessError(options.image);
  }
  return spawn(program.startsWith('/') ? join(root, program) : program, words, {
    cwd: root,
    // The image's process leads a session, so that its children can be ended with it.
    detached: true,
    env: environmentFor(root, config, port, options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};

/** Returns the image's process with all its children, also with those that left its session. */
const groupOf = ({ pid }: ChildProcess, root: string, record: string | undefined): Group => {
  const leaders = pid === undefined ? [] : [leaderOf(pid)];
  if (record !== undefined) for (const leader of leaders) recordLeader(record, leader);
  return { leaders, marker: markerOf(root) };
};

const stopGroup = async (group: Group): Promise<void> => {
  const deadline = Date.now() + stopTimeoutMs;
  signalGroup(group, 'SIGTERM');
  while (hasProcesses(group) && Date.now() < deadline) await delay(20);
  await killGroup(group);
};

const collectOutput = (child: ChildProcess, onOutput: RunOptions['onOutput']): (() => string) => {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-maxOutputChars);
      onOutput?.(chunk);
    });
  }
  return () => text;
};

const waitUntilReady = async (
  port: number,
  ended: Promise<number>,
  { timeoutMs = startTimeoutMs, signal }: RunOptions,
  output: () => string,
): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  let exitCode: number | undefined;
  ended.then((code) => {
    exitCode = code;
  });
  while (!(await isListening(port))) {
    signal?.throwIfAborted();
    const said = `Its output:\n${output() || '(none)'}`;
    if (exitCode !== undefined) throw new Error(`The process ended with exit code ${exitCode}. ${said}`);
    if (Date.now() > deadline)
      throw new Error(`Nothing listens on port ${port}. The process must listen on $PORT. ${said}`);
    await delay(50);
  }
};

const endOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });

const startUnpacked = async (root: string, config: ImageConfig, options: RunOptions): Promise<RunningImage> => {
  const port = await freePort(options.port ?? 0);
  options.signal?.throwIfAborted();
  const child = startProcess(root, config, port, options);
  const group = groupOf(child, root, options.record);
  const output = collectOutput(child, options.onOutput);
  const ended = endOf(child);
  const stop = async () => {
    await stopGroup(group);
    await removeFolder(root);
  };
  await waitUntilReady(port, ended, options, output).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, stop, output, ended, signal: (name) => void child.kill(name) };
};

/**
 * Unpacks an image into a temporary folder and starts the image's process there, from the image's layers alone.
 * @throws NoDefaultProcessError when the image has no default process and none is named
 * @throws Error when there is no such image, or its process ends or does not listen in time
 * @throws the reason of `signal` when it aborts before the image's process listens
 */
export const runImage = async (options: RunOptions): Promise<RunningImage> => {
  const { layout, manifest, config } = await readImage(options.imagesFolder, options.image);
  const root = await realpath(await mkdtemp(join(options.folder ?? tmpdir(), 'image-')));
  try {
    await unpackImage(layout, manifest, root);
    await mkdir(join(root, 'tmp'), { recursive: true });
    return await startUnpacked(root, config, options);
  } catch (error) {
    await removeFolder(root);
    throw error;
  }
};
