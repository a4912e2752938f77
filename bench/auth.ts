/**
 * `npm run bench:auth [-- STARTS REQUESTS]`: what verifying a token costs. One function's bundle with authentication and
 * without it take turns in one run: from spawn to the first answer, and for each request of a warm process. With it,
 * once with keys that have to be loaded from the issuer and once with those that sweep keeps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { saveKeys } from '../lib/auth/saved-keys.ts';
import { createLog } from '../lib/log.ts';
import { toolToken } from '../local/issuer.ts';
import { type Platform, startPlatform } from '../local/platform.ts';
import { functionOptions } from '../scripts/bundle/functions.ts';
import { median } from '../test/support/quantile.ts';

const [starts = 15, requests = 1000] = process.argv.slice(2).map(Number);
const tool = 'bench';

type Contender = { name: string; program: string; environment: Record<string, string> };
type Running = { child: ChildProcess; port: number; firstMs: number };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const ask = (port: number, token: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      agent,
      path: `/v1/tool/${tool}/builds`,
      headers: { authorization: `Bearer ${token}` },
    };
    const sent = get(options, (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)));
    sent.on('error', reject);
  });

const firstAnswer = async (port: number, token: string): Promise<number> => {
  for (;;) {
    const status = await ask(port, token).catch(() => undefined);
    if (status !== undefined) return status;
    await sleep(1);
  }
};

const start = async ({ name, program, environment }: Contender, token: string): Promise<Running> => {
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', ...environment, PORT: String(port) };
  const began = performance.now();
  const child = spawn(process.execPath, [program], { env, stdio: 'ignore' });
  const status = await firstAnswer(port, token);
  if (status !== 200) throw new Error(`${name} answered ${status}`);
  return { child, port, firstMs: performance.now() - began };
};

const stop = async ({ child }: Running): Promise<void> => {
  const gone = new Promise((resolve) => child.once('close', resolve));
  // Not SIGKILL: Node writes its compile cache when it ends.
  child.kill('SIGTERM');
  await gone;
};

const bundle = async (folder: string, withAuthentication: boolean): Promise<string> => {
  const program = join(folder, `${withAuthentication ? 'with' : 'without'}.mjs`);
  const entry = join(import.meta.dirname, 'auth-function.ts');
  const define = { withAuthentication: String(withAuthentication) };
  const { outExtension: _, ...options } = functionOptions;
  await build({ ...options, entryPoints: [entry], outfile: program, define });
  return program;
};

/** The issuer's keys as a pod has them in its ConfigMap. */
const keepIn = async (folder: string, environment: Record<string, string>): Promise<string> => {
  const keys = join(folder, 'keys');
  await mkdir(keys);
  const patch = async (_resource: string, _name: string, { data }: { data: Record<string, string> }) => {
    for (const [name, text] of Object.entries(data)) await writeFile(join(keys, name), text);
  };
  const issuers = JSON.parse(environment.AUTH_ISSUERS ?? '[]');
  const log = createLog('bench', () => {});
  await saveKeys({ kube: { patch }, issuers, configMap: 'keys', log, now: () => new Date() });
  return keys;
};

const contendersFor = async (folder: string, platform: Platform): Promise<Contender[]> => {
  const environment = {
    ...platform.environment,
    RATE_READS: '0',
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  };
  const program = await bundle(folder, true);
  return [
    { name: 'without', program: await bundle(folder, false), environment },
    { name: 'with, keys from the issuer', program, environment },
    {
      name: 'with, kept keys',
      program,
      environment: { ...environment, AUTH_KEYS_FOLDER: await keepIn(folder, platform.environment) },
    },
  ];
};

const coldStarts = async (contenders: Contender[], token: string): Promise<number[]> => {
  const samples = contenders.map((): number[] => []);
  // The first fills the compile cache.
  for (let run = -1; run < starts; run++) {
    for (const [at, contender] of contenders.entries()) {
      const running = await start(contender, token);
      await stop(running);
      if (run >= 0) samples[at]?.push(running.firstMs);
    }
  }
  return samples.map(median);
};

const warmRequests = async (contenders: Contender[], token: string): Promise<number[]> => {
  const running: Running[] = [];
  for (const contender of contenders) running.push(await start(contender, token));
  const samples = contenders.map((): number[] => []);
  for (let run = -100; run < requests; run++) {
    for (const [at, { port }] of running.entries()) {
      const began = performance.now();
      await ask(port, token);
      if (run >= 0) samples[at]?.push(performance.now() - began);
    }
  }
  await Promise.all(running.map(stop));
  return samples.map(median);
};

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const platform = await startPlatform({ folder, port: 0, gatewayPort: 0, log: createLog('bench', () => {}) });
try {
  const token = await toolToken(platform.issuer, tool);
  const contenders = await contendersFor(folder, platform);
  const [cold, warm] = [await coldStarts(contenders, token), await warmRequests(contenders, token)];
  console.log(
    '| authentication | cold start, ms | to without | warm request, ms | more than without, ms |\n|---|---|---|---|---|',
  );
  for (const [at, { name }] of contenders.entries()) {
    const [start = 0, request = 0] = [cold[at], warm[at]];
    const [ratio, more] = [start / (cold[0] ?? 1), request - (warm[0] ?? 0)];
    console.log(`| ${name} | ${start.toFixed(0)} | ${ratio.toFixed(2)} | ${request.toFixed(2)} | ${more.toFixed(2)} |`);
  }
} finally {
  agent.destroy();
  await platform.close();
  await rm(folder, { recursive: true, force: true });
}
