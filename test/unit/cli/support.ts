import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { banner } from '../../../cli/banner.ts';
import type {
  CleanResponse,
  GetResponse,
  ListResponse,
  Quota,
  StartResponse,
} from '../../../openapi/generated/types.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');

/** Returns the text of a fixture, such as the recorded output of Toolforge's Python client 0.0.24. */
export const recorded = (name: string): string => readFileSync(join(here, 'fixtures', name), 'utf8');

/** Parts of recorded responses of the API, with which tests fake the API. */
export type Responses = {
  builds: ListResponse['builds'];
  quota: Quota;
  clean: CleanResponse['messages'];
  started: StartResponse;
};
export const responses = JSON.parse(recorded('responses.json')) as Responses;
/** Returns the response to a start whose build gets the given id. */
export const startedAs = (name: string): StartResponse => ({
  ...responses.started,
  new_build: { ...responses.started.new_build, name },
});
export const noMessages = { info: [], warning: [], error: [] };
export const build = (index: number): GetResponse['build'] => {
  const found = responses.builds[index];
  if (!found) throw new Error(`no build ${index}`);
  return found;
};

export type Received = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
};
export type Handler = (request: Received, response: ServerResponse, raw: IncomingMessage) => void;
export type TestServer = { url: string; requests: Received[]; close: () => Promise<void> };

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

const receive = async (raw: IncomingMessage): Promise<Received> => {
  let body = '';
  for await (const chunk of raw) body += String(chunk);
  const url = new URL(raw.url ?? '/', 'http://localhost');
  return { method: raw.method ?? '', path: url.pathname, query: url.searchParams, headers: raw.headers, body };
};

/** Starts a server that records its requests, and passes each request to the handler, which responds. */
export const serve = async (handler: Handler, tls?: ServerOptions): Promise<TestServer> => {
  const requests: Received[] = [];
  const listener = async (raw: IncomingMessage, response: ServerResponse) => {
    const request = await receive(raw);
    requests.push(request);
    handler(request, response, raw);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, requests, close };
};

export const folder = (): string => mkdtempSync(join(tmpdir(), 'cli-test-'));
export const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Bundles `toolforge-build` into one file in the folder `target`. @returns the path of the file */
export const bundle = (target: string): string => {
  const out = join(target, 'toolforge-build.mjs');
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [
    join(root, 'cli/main.ts'),
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    '--log-level=error',
    `--banner:js=${banner}`,
    `--outfile=${out}`,
  ]);
  return out;
};

type Finished = { code: number | null; stdout: string; stderr: string };
export type Running = {
  child: ChildProcessByStdio<Writable | null, Readable, Readable>;
  finished: Promise<Finished>;
  sees: (text: string) => Promise<void>;
};

/**
 * Collects the output of a process, and calls each function in `checks` after new output and at the end of the process.
 */
const collectOutput = (child: ChildProcessByStdio<Writable | null, Readable, Readable>) => {
  const output = { stdout: '', stderr: '' };
  const checks = new Set<(ended: boolean) => void>();
  const checkAll = (ended: boolean) => {
    for (const check of checks) check(ended);
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      checkAll(false);
    });
  }
  return { output, checks, checkAll };
};

/**
 * Starts a process. `sees` resolves as soon as the process has printed a text, and rejects with the output when the
 * process ends without the text.
 */
export const startProcess = (
  command: string,
  args: string[],
  env: Record<string, string>,
  stdin: 'ignore' | 'pipe' = 'ignore',
): Running => {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  const { output, checks, checkAll } = collectOutput(child);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      checkAll(true);
      resolve({ code, ...output });
    });
  });
  const sees = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = (ended: boolean) => {
        if ((output.stdout + output.stderr).includes(text)) resolve();
        else if (ended) reject(new Error(`the program ended without printing "${text}": ${JSON.stringify(output)}`));
        else return;
        checks.delete(check);
      };
      checks.add(check);
      check(false);
    });
  return { child, finished, sees };
};

export type Cli = {
  start: (args: string[], env?: Record<string, string>) => Running;
  run: (args: string[], env?: Record<string, string>) => Promise<Finished>;
  /** Runs `toolforge-build ARGS | reader`. The exit code in the result is the exit code of toolforge-build. */
  piped: (args: string[], reader: string, env: Record<string, string>) => Promise<Finished>;
  /** Starts `toolforge-build` on a terminal that is `columns` characters wide. */
  onTerminal: (args: string[], columns: number, env: Record<string, string>) => Running;
  home: string;
  close: () => void;
};

/**
 * Bundles `toolforge-build`, and returns functions that run it. Each run gets an empty home folder, a token and a tool;
 * `env` adds environment variables or replaces them.
 */
export const createCli = (): Cli => {
  const home = folder();
  const program = bundle(home);
  const base = { HOME: home, TOOLFORGE_TOKEN: 'secret', TOOLFORGE_TOOL: 'demo' };
  const command = [process.execPath, program];
  const start = (args: string[], env: Record<string, string> = {}) =>
    startProcess(process.execPath, [program, ...args], { ...base, ...env });
  const piped = (args: string[], reader: string, env: Record<string, string>) => {
    const script = `"$@" | ${reader}; exit "\${PIPESTATUS[0]}"`;
    return startProcess('bash', ['-c', script, 'bash', ...command, ...args], { ...base, ...env }).finished;
  };
  const onTerminal = (args: string[], columns: number, env: Record<string, string>) => {
    const line = `stty cols ${columns}; ${[...command, ...args].map((word) => `'${word}'`).join(' ')}`;
    return startProcess(
      'script',
      ['-qec', line, '/dev/null'],
      { ...base, TERM: 'xterm', SHELL: '/bin/sh', ...env },
      'pipe',
    );
  };
  return { start, run: (args, env) => start(args, env).finished, piped, onTerminal, home, close: () => remove(home) };
};

const prefix = '/builds/v1/tool/demo';

/** Handles the requests to a fake API: responds with the bodies in responses.json. */
export const contract: Handler = ({ method, path }, response) => {
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
  const [, , id, action] = rest?.split('/') ?? [];
  const found = id === 'latest' ? responses.builds[0] : responses.builds.find((one) => one.build_id === id);
  if (rest === '/quotas') return json(response, 200, { messages: noMessages, quota: responses.quota });
  if (rest === '/clean') return json(response, 200, { messages: responses.clean });
  if (rest === '/builds' && method === 'POST') return json(response, 200, responses.started);
  if (rest === '/builds') return json(response, 200, { messages: noMessages, builds: responses.builds });
  if (!found) return json(response, 404, { error: [`There is no build ${id}.`], code: 'build_not_found' });
  if (action === 'cancel' || method === 'DELETE') return json(response, 200, { messages: noMessages, id });
  return json(response, 200, { messages: noMessages, build: found });
};

export const line = (number: number, text = `line ${number}`, step = 'build') => ({
  type: 'line',
  step,
  time: `2026-11-22T08:00:0${number % 10}.123456789Z`,
  line: text,
  cursor: `c${number}`,
});
export const end = (status = 'BUILD_SUCCESS') => ({ type: 'end', status, log: 'complete', reason: '', cursor: 'end' });
export const ndjson = (objects: unknown[]): string => objects.map((one) => `${JSON.stringify(one)}\n`).join('');
export const beginLog = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
