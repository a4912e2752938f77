/**
 * `npm run bench:cold-start [-- RUNS]`: spawn to first authenticated answer of each function's bundle, beside a bare
 * `http` server and a bare, unbundled functions-framework. All take turns in one run; ratios of medians are what counts
 * on a noisy machine. Memory is the process' resident set after that answer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../lib/log.ts';
import { toolToken } from '../local/issuer.ts';
import { startPlatform } from '../local/platform.ts';
import { median } from '../test/support/quantile.ts';

const root = join(import.meta.dirname, '..');
const runs = Number(process.argv[2] ?? 15);
const tool = 'bench';

type Request = { method: string; path: string; body?: string };
type Contender = { name: string; args: string[]; request: Request; expected: number };
type Sample = { ms: number; mebibytes: number };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const residentMebibytes = async (child: ChildProcess): Promise<number> => {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

const ask = async (port: number, token: string, { method, path, body }: Request): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body ? { body } : {}) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      await sleep(1);
    }
  }
};

const measure = async (contender: Contender, environment: Record<string, string>, token: string): Promise<Sample> => {
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', ...environment, PORT: String(port) };
  const began = performance.now();
  const child = spawn(process.execPath, contender.args, { env, stdio: 'ignore' });
  const status = await ask(port, token, contender.request);
  const ms = performance.now() - began;
  const mebibytes = await residentMebibytes(child);
  const gone = new Promise((resolve) => child.once('close', resolve));
  // Not SIGKILL: Node writes its compile cache when it ends.
  child.kill('SIGTERM');
  await gone;
  if (status !== contender.expected) throw new Error(`${contender.name} answered ${status}, not ${contender.expected}`);
  return { ms, mebibytes };
};

const get = (path: string): Request => ({ method: 'GET', path });
const own = (path: string) => `/v1/tool/${tool}/${path}`;
const fn = (name: string, request: Request, expected: number): Contender => ({
  name,
  args: [join(root, 'dist/functions', name, 'index.mjs')],
  request,
  expected,
});

const bare = `require('node:http').createServer((q, s) => s.end('ok')).listen(process.env.PORT, '127.0.0.1')`;

/** Nothing exists for the tool: each function does its whole work of reading, and says so. */
const contenders: Contender[] = [
  { name: 'bare http', args: ['-e', bare], request: get('/'), expected: 200 },
  {
    name: 'bare functions-framework',
    args: [
      join(root, 'node_modules/@google-cloud/functions-framework/build/src/main.js'),
      '--source',
      join(root, 'bench/bare-function'),
      '--target',
      'bare',
    ],
    request: get('/'),
    expected: 200,
  },
  fn('quota', get(own('quotas')), 200),
  fn('start-build', { method: 'POST', path: own('builds'), body: '{"source_url":"ssh://example.org/x"}' }, 400),
  fn('list-builds', get(own('builds')), 200),
  fn('get-build', get(own('builds/latest')), 404),
  fn('get-logs', get(own('builds/none/logs')), 404),
  fn('cancel-build', { method: 'PUT', path: own('builds/none/cancel') }, 404),
  fn('delete-build', { method: 'DELETE', path: own('builds/none') }, 404),
  fn('clean-images', { method: 'POST', path: own('clean') }, 200),
  fn('healthz', get('/v1/healthz'), 200),
  fn('openapi', get('/openapi.json'), 200),
  fn('whoami', get('/v1/whoami'), 200),
];

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const platform = await startPlatform({ folder, port: 0, gatewayPort: 0, log: createLog('bench', () => {}) });
try {
  const token = await toolToken(platform.issuer, tool);
  const environment = { ...platform.environment, NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
  const samples = new Map(contenders.map(({ name }) => [name, [] as Sample[]]));
  for (const contender of contenders) await measure(contender, environment, token);
  for (let run = 0; run < runs; run++) {
    for (const contender of contenders) samples.get(contender.name)?.push(await measure(contender, environment, token));
  }
  const rows = contenders.map(({ name }) => {
    const own = samples.get(name) ?? [];
    return { name, ms: median(own.map(({ ms }) => ms)), mebibytes: median(own.map(({ mebibytes }) => mebibytes)) };
  });
  const [http, framework] = rows;
  console.log(
    `| function | first answer, ms | to bare http | to bare functions-framework | memory, MiB | to bare http |\n|---|---|---|---|---|---|`,
  );
  for (const { name, ms, mebibytes } of rows) {
    const ratio = (value: number, to: number | undefined) => (value / (to ?? Number.NaN)).toFixed(2);
    console.log(
      `| ${name} | ${ms.toFixed(0)} | ${ratio(ms, http?.ms)} | ${ratio(ms, framework?.ms)} | ${mebibytes.toFixed(0)} | ${ratio(mebibytes, http?.mebibytes)} |`,
    );
  }
} finally {
  await platform.close();
  await rm(folder, { recursive: true, force: true });
}
