/** One trial of the kill table: starts a command, ends it at a moment in one way, and lists what it has left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { paths } from '../../local/folder.ts';
import { openIssuer, toolToken } from '../../local/issuer.ts';
import { runPaths } from '../../local/run-folder.ts';

export const commands = ['start', 'demo', 'image'] as const;
export type Command = (typeof commands)[number];
export const ways = ['SIGINT', 'SIGINT twice', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const;
export type Way = (typeof ways)[number];

/** An event in a command: the command has made its folder, has printed its URL, or runs a process of a build. */
type Happening = 'folder' | 'ready' | 'build';

export type Trial = {
  command: Command;
  way: Way;
  /** When the first signal is sent: a time in milliseconds from the start of the command, or as soon as something happens. */
  moment: number | Happening;
  /** Time in milliseconds from the first SIGINT to the second. */
  againMs: number;
  isNpm: boolean;
  /** The processes that get SIGKILL: all of the terminal, or only the first, which is npm where there is one. */
  isGroup: boolean;
};

/** The parts that all trials share: an image to run, and the URL of a repository to build. */
export type Scene = { imagesFolder: string; image: string; repository: string };

const root = join(import.meta.dirname, '../..');
const scripts: Record<Command, string> = { start: 'main', demo: 'demo', image: 'run-image' };
const goneWithinMs = 20_000;
const readyWithinMs = 60_000;
const pollMs = 50;

type Running = { child: ChildProcess; output: () => string; exit: Promise<unknown> };

const wordsOf = ({ imagesFolder, image, repository }: Scene, command: Command): string[] =>
  ({ start: [], demo: [repository], image: ['--images', imagesFolder, '--port', '0', image] })[command];

const launch = (scene: Scene, { command, isNpm }: Pick<Trial, 'command' | 'isNpm'>, place: string): Running => {
  const words = wordsOf(scene, command);
  const [program, args] = isNpm
    ? ['npm', ['run', command, '--', ...words]]
    : [process.execPath, ['--import', './scripts/help.ts', `local/${scripts[command]}.ts`, ...words]];
  const usual = Object.fromEntries(['PATH', 'HOME', 'LANG'].map((name) => [name, process.env[name]]));
  // npm would keep its compiled code in the folder for temporary files.
  const own = { PORT: '0', GATEWAY_PORT: '0', GIT_PORT: '0', NODE_DISABLE_COMPILE_CACHE: '1' };
  const env = { ...usual, ...own, TMPDIR: join(place, 'tmp'), TOOLFORGE_BUILDS_DATA: join(place, 'data') };
  // The command leads a session, as in a terminal of its own.
  const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  return { child, output: () => text, exit: once(child, 'exit') };
};

/** Text that each command prints when it is ready. */
const ready: Record<Command, RegExp> = {
  start: /The build service runs at (\S+?)\. /,
  demo: /The build service runs at (\S+)/,
  image: /Running at (\S+)\. /,
};

const isEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Waits until a command is ready. @returns its URL; undefined when the command ends before */
const untilReady = async (command: Command, { child, output }: Running): Promise<string | undefined> => {
  const deadline = performance.now() + readyWithinMs;
  while (!isEnded(child) && performance.now() < deadline) {
    const url = ready[command].exec(output())?.[1];
    if (url) return url;
    await delay(pollMs);
  }
  return undefined;
};

/** Returns the data folders that a trial's command may use: of `npm start`, and of `npm run demo` in its own folder. */
const dataFolders = (place: string): string[] => [
  join(place, 'data'),
  ...readdirSync(join(place, 'tmp')).map((name) => runPaths(join(place, 'tmp', name)).data),
];

const hasHappened: Record<Happening, (trial: Trial, place: string, output: string) => boolean> = {
  folder: (_, place) => readdirSync(join(place, 'tmp')).some((name) => name.startsWith('toolforge-builds-')),
  ready: ({ command }, _, output) => ready[command].test(output),
  build: (_, place) =>
    dataFolders(place).some((data) => filesIn(paths(data).tekton).some((name) => name.endsWith('/process.json'))),
};

/**
 * Waits for the moment of a trial.
 * @param building rejects when no build can be started
 * @throws Error when what the trial waits for does not happen, or no build can be started before the moment
 */
const untilMoment = async (trial: Trial, running: Running, place: string, building: Promise<void>): Promise<void> => {
  const { moment, command } = trial;
  if (typeof moment === 'number') {
    const wait = delay(moment);
    return Promise.race([wait, running.exit.then(() => undefined), building.then(() => wait)]);
  }
  await building;
  const deadline = performance.now() + readyWithinMs;
  while (!hasHappened[moment](trial, place, running.output())) {
    if (isEnded(running.child) || performance.now() > deadline)
      throw new Error(`"${moment}" does not happen in ${command}, whose output is:\n${running.output()}`);
    await delay(pollMs);
  }
};

/** Starts builds as soon as `npm start` is ready, until the command ends. */
const startBuilds = async ({ repository }: Scene, place: string, running: Running): Promise<void> => {
  const url = await untilReady('start', running);
  if (!url) return;
  const issuer = await openIssuer(paths(join(place, 'data')).issuer, `${url}/issuer`);
  const headers = { authorization: `Bearer ${await toolToken(issuer, 'mytool')}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ source_url: repository });
  for (const _ of [1, 2]) {
    const response = await fetch(`${url}/v1/tool/mytool/builds`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`The start of a build gets status ${response.status}: ${await response.text()}`);
  }
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended before.
  }
};

const deliver = async ({ way, againMs, isGroup }: Trial, { pid = 0 }: ChildProcess): Promise<void> => {
  if (way === 'SIGTERM') return send(pid, way);
  if (way === 'SIGKILL') return send(isGroup ? -pid : pid, way);
  if (way !== 'SIGINT twice') return send(-pid, way);
  send(-pid, 'SIGINT');
  await delay(againMs);
  send(-pid, 'SIGINT');
};

const textOf = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** Returns the processes whose variables, arguments or working folder contain the path of a folder. */
const processesIn = (place: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const words = textOf(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      const all = words + textOf(() => readFileSync(`/proc/${pid}/environ`, 'utf8'));
      const isIn = (all + textOf(() => readlinkSync(`/proc/${pid}/cwd`))).includes(place);
      return isIn ? [`process ${pid}: ${words.replaceAll('\0', ' ').slice(0, 100)}`] : [];
    });

const untilGone = async ({ child }: Running, place: string): Promise<void> => {
  const deadline = performance.now() + goneWithinMs;
  while ((!isEnded(child) || processesIn(place).length > 0) && performance.now() < deadline) await delay(pollMs);
};

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });

/** @returns the ports that a command has named and that are still open, without the port of the trials' repository */
const openPorts = async (output: string, { repository }: Scene): Promise<string[]> => {
  const ports = new Set(
    [...output.replaceAll(new URL(repository).origin, '').matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) =>
      Number(port),
    ),
  );
  const left = [];
  for (const port of ports) if (await isOpen(port)) left.push(`port ${port}`);
  return left;
};

/** Matches files of the data folder that no ended platform may leave. Its objects, images and logs stay. */
const unwanted =
  /(^|\/)lock$|(^|\/)lock\.|\/\.locks\/.|^tekton\/pods\/[^/]+\/process\.json$|\.new$|[0-9a-f]{4}-[0-9a-f]{12}$|\.[0-9a-f]{12}$/;
/** Logs of pods, the archive, and folders of pods that wait for their start, which they get at the next start. */
const kept = /^(kube\/logs|logs)\/|^tekton\/pods\/[^/]+$/;

const filesIn = (folder: string): string[] => {
  const names = textOf(() => (readdirSync(folder, { recursive: true }) as string[]).join('\n'));
  return names === '' ? [] : names.split('\n');
};

const leftIn = (place: string): string[] => [
  ...processesIn(place),
  ...readdirSync(join(place, 'tmp')).map((name) => `temporary: ${name}`),
  ...filesIn(join(place, 'data')).flatMap((name) => (unwanted.test(name) && !kept.test(name) ? [`data: ${name}`] : [])),
];

/** Starts a command again on the folders of a killed one, and ends it when it is ready. */
const nextStart = async (scene: Scene, { command }: Trial, place: string): Promise<string[]> => {
  const running = launch(scene, { command, isNpm: false }, place);
  const url = await untilReady(command, running);
  send(-(running.child.pid ?? 0), 'SIGINT');
  await untilGone(running, place);
  return url ? [] : [`the next start fails: ${running.output().trim().slice(-300)}`];
};

/** Kills what a failed trial has left, which is in a session of its own. */
const clear = (place: string): void => {
  for (const line of processesIn(place)) send(Number(/\d+/.exec(line)?.[0]), 'SIGKILL');
  rmSync(place, { recursive: true, force: true, maxRetries: 10 });
};

const newPlace = (): string => {
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'ending-')));
  mkdirSync(join(place, 'tmp'));
  return place;
};

/**
 * @returns what is left when the command has ended: a process, a port, a lock or a file. Nothing where all is well
 * @throws Error when the moment of the trial does not come
 */
export const runTrial = async (scene: Scene, trial: Trial): Promise<string[]> => {
  const place = newPlace();
  try {
    const running = launch(scene, trial, place);
    const needsBuilds = trial.command === 'start' && trial.moment !== 'folder';
    await untilMoment(trial, running, place, needsBuilds ? startBuilds(scene, place, running) : Promise.resolve());
    await deliver(trial, running.child);
    // A command whose npm is killed ends by itself. A process of a killed command may run until the next start.
    const needsNextStart = trial.way === 'SIGKILL' && (trial.isGroup || !trial.isNpm);
    if (needsNextStart) await running.exit;
    else await untilGone(running, place);
    const failures = needsNextStart ? await nextStart(scene, trial, place) : [];
    return [...failures, ...(await openPorts(running.output(), scene)), ...leftIn(place)];
  } finally {
    clear(place);
  }
};

/** @returns the time in milliseconds until a command has done its work: the length of the time in which it can be killed */
export const measure = async (scene: Scene, command: Command): Promise<number> => {
  const place = newPlace();
  const start = performance.now();
  const running = launch(scene, { command, isNpm: true }, place);
  try {
    if (command === 'demo') await running.exit;
    else await untilReady(command, running);
    return performance.now() - start;
  } finally {
    send(-(running.child.pid ?? 0), 'SIGINT');
    await untilGone(running, place);
    clear(place);
  }
};
