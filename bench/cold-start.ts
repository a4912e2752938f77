/**
 * Measures the time from spawn to the first authenticated response of each function's bundle, beside a bare `http`
 * server and a bare, unbundled functions-framework: npm run bench:cold-start [-- RUNS]. All servers take turns in one
 * run; on a noisy machine only the ratios of the medians count. Memory is the process's resident set after the
 * response.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../lib/log.ts';
import { toolToken } from '../local/issuer.ts';
import { startPlatform } from '../local/platform.ts';
import { median } from '../test/support/quantile.ts';
import { firstSuccess, freePort, residentBytes, stopProcess } from './processes.ts';

const root = join(import.meta.dirname, '..');
const runs = Number(process.argv[2] ?? 15);
const tool = 'bench';

type Request = { method: string; path: string; body?: string };
/** A server to measure, with a request and the expected HTTP status of the response. */
type Server = { name: string; args: string[]; request: Request; expected: number };
type Measurement = { ms: number; mebibytes: number };

const send = async (port: number, token: string, { method, path, body }: Request): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(body ? { body } : {}) });
  await response.arrayBuffer();
  return response.status;
};

const measure = async (server: Server, environment: Record<string, string>, token: string): Promise<Measurement> => {
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', ...environment, PORT: String(port) };
  const began = performance.now();
  const child = spawn(process.execPath, server.args, { env, stdio: 'ignore' });
  const status = await firstSuccess(() => send(port, token, server.request));
  const ms = performance.now() - began;
  const mebibytes = (await residentBytes(child)) / 2 ** 20;
  await stopProcess(child);
  if (status !== server.expected) throw new Error(`${server.name}: status ${status} instead of ${server.expected}`);
  return { ms, mebibytes };
};

const get = (path: string): Request => ({ method: 'GET', path });
const own = (path: string) => `/v1/tool/${tool}/${path}`;
const fn = (name: string, request: Request, expected: number): Server => ({
  name,
  args: [join(root, 'dist/functions', name, 'index.mjs')],
  request,
  expected,
});

const bare = `require('node:http').createServer((q, s) => s.end('ok')).listen(process.env.PORT, '127.0.0.1')`;

/**
 * Servers whose first response is measured. The tool has no builds: a function that needs a build reads the ledger as
 * usual, and then responds with 404.
 */
const servers: Server[] = [
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
  const samples = new Map(servers.map(({ name }) => [name, [] as Measurement[]]));
  for (const server of servers) await measure(server, environment, token);
  for (let run = 0; run < runs; run++) {
    for (const server of servers) samples.get(server.name)?.push(await measure(server, environment, token));
  }
  const rows = servers.map(({ name }) => {
    const own = samples.get(name) ?? [];
    return { name, ms: median(own.map(({ ms }) => ms)), mebibytes: median(own.map(({ mebibytes }) => mebibytes)) };
  });
  const [http, framework] = rows;
  console.log(
    `| function | first response, ms | ratio to bare http | ratio to bare functions-framework | memory, MiB | ratio to bare http |\n|---|---|---|---|---|---|`,
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
