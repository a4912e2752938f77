import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '../../lib/log.ts';
import { type GitServer, serveGit } from '../../local/git-server.ts';
import { toolToken } from '../../local/issuer.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import {
  type Cli,
  createCli,
  type Handler,
  type Received,
  serve,
  startProcess,
  type TestServer,
} from '../unit/cli/support.ts';
import { type Row, rows } from './python-commands.ts';

/** Path of the command of Toolforge's Python CLI: see python-cli.test.ts. */
const command = process.env.PYTHON_CLI;
const withCli = command ? test : test.skip;

let folder: string;
let platform: Platform;
let git: GitServer;
let recorder: TestServer;
let cli: Cli;
let token: string;
let running: string;
let environment: Record<string, string>;

const prefix = '/builds/v1/tool/snake';
const url = () => `${git.url}/slow.git`;

/** Sends a request of a client on to the embedded platform, and the response back. */
const forward: Handler = async ({ method, path, query, headers, body }, response) => {
  const address = `${platform.url}${path.replace(/^\/builds/, '')}?${query}`;
  const { authorization = '', accept = '' } = headers;
  const init = { method, headers: { authorization, accept, 'content-type': 'application/json' } };
  const answer = await fetch(address, body === '' ? init : { ...init, body });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]).pipe(response);
};

/** Starts a build, which waits in the queue unless it is the first. @returns its id */
const startBuild = async (): Promise<string> => {
  const response = await fetch(`${platform.url}/v1/tool/snake/builds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ source_url: url() }),
  });
  return ((await response.json()) as { new_build: { name: string } }).new_build.name;
};

beforeAll(async () => {
  if (!command) return;
  folder = await mkdtemp(join(tmpdir(), 'same-commands-'));
  const settings = { LIMIT_RUNNING: '1', LIMIT_QUEUED: '1000' };
  platform = await startPlatform({ folder, port: 0, gatewayPort: 0, settings, log: createLog('test', () => {}) });
  git = await serveGit({ repositories: { slow: join(import.meta.dirname, '../fixtures/repositories/slow') } });
  recorder = await serve(forward);
  cli = createCli();
  token = await toolToken(platform.issuer, 'snake');
  const kubeconfig = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'tool-snake' } }],
    clusters: [{ name: 'k', cluster: { server: recorder.url } }],
    users: [{ name: 'u', user: { token } }],
  };
  const KUBECONFIG = join(folder, 'kubeconfig');
  await writeFile(KUBECONFIG, JSON.stringify(kubeconfig), { mode: 0o600 });
  environment = { HOME: folder, KUBECONFIG, TOOL_TOOLFORGE_API_URL: recorder.url };
  running = await startBuild();
}, 60_000);

afterAll(async () => {
  cli?.close();
  await recorder?.close();
  await git?.close();
  await platform?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

type Client = 'python' | 'ours';

/** Returns a text with the words of a row in place of URLs and ids, such as `GET /builds/ID`. */
const named = (names: Record<string, string>, text: string): string =>
  Object.entries(names)
    .reduce((result, [name, value]) => (value ? result.replaceAll(value, name) : result), text)
    .replace(/snake-buildpacks-pipelinerun-\w+/g, 'LATEST');

/** Runs a client with a row's arguments. @returns the exit code, the output and the requests, as a row names them */
const run = async (client: Client, { args, stdin }: Row) => {
  const ID = args.includes('ID') ? await startBuild() : '';
  const names = { ID, RUNNING: running, URL: url() };
  const words = args.map((word) => (Object.hasOwn(names, word) ? names[word as keyof typeof names] : word));
  recorder.requests.length = 0;
  const started =
    client === 'ours'
      ? startProcess(process.execPath, [join(cli.home, 'toolforge-build.mjs'), ...words], environment, 'pipe')
      : startProcess(command ?? '', words, environment, 'pipe');
  started.child.stdin?.end(stdin ?? '');
  const { code, stdout, stderr } = await started.finished;
  const requests = recorder.requests.map(({ method, path }: Received) => `${method} ${path.replace(prefix, '')}`);
  const body = recorder.requests.find(({ method }) => method === 'POST')?.body || '{}';
  return {
    code,
    stdout,
    shown: named(names, stdout + stderr),
    requests: requests.map((request) => named(names, request)),
    body: JSON.parse(named(names, body)) as object,
  };
};

/** Returns the JSON that a client printed, without what differs between two builds. */
const comparable = (stdout: string): object =>
  JSON.parse(stdout, (key, value) =>
    ['build_id', 'name', 'start_time', 'end_time', 'message', 'used', 'available', 'capacity'].includes(key)
      ? typeof value
      : value,
  );

withCli.each(rows.map((row) => [row.args.join(' '), row] as const))(
  'both command lines do the same for: toolforge build %s',
  async (_, row) => {
    const [python, ours] = [await run('python', row), await run('ours', row)];
    const { codes = { python: 0, ours: 0 }, requests, body, prints, json, differs } = row;
    expect({ python: python.code, ours: ours.code }).toEqual(codes);
    for (const finished of [python, ours]) {
      if (requests) expect(finished.requests).toEqual(requests);
      if (body) expect(finished.body).toEqual(body);
      if (prints) expect(finished.shown).toMatch(prints);
    }
    if (!differs) expect(ours.requests).toEqual(python.requests);
    if (json) expect(comparable(ours.stdout)).toMatchObject(comparable(python.stdout));
  },
  120_000,
);

withCli(
  'the table of command lines has every command and option of the Python CLI',
  async () => {
    const words = new Set(rows.flatMap(({ args }) => args.map((word) => word.replace(/=.*/s, ''))));
    const commands = (await run('python', { args: ['_commands'] })).stdout.trim().split('\n');
    expect(commands.filter((name) => !words.has(name))).toEqual([]);
    for (const name of [[], ...commands.map((name) => [name])]) {
      const { stdout } = await run('python', { args: [...name, '--help'] });
      const options = stdout.match(/(?<=^ {2}(?:-\w, )?)--?[a-z-]+|(?<=^ {2})-\w(?=, )/gim) ?? [];
      expect(options).toContain('--help');
      expect({ name, missing: options.filter((option) => !words.has(option)) }).toEqual({ name, missing: [] });
    }
  },
  60_000,
);
