/**
 * Measures the cost of verifying a token: npm run bench:auth [-- STARTS REQUESTS]. Bundles of list-builds with and
 * without authentication take turns in one run. The benchmark measures the time from spawn to the first response, and
 * the time of each request to a warm process. Authentication runs with keys from the issuer, and with the keys that
 * sweep saves.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { saveKeys } from '../lib/auth/saved-keys.ts';
import { createLog } from '../lib/log.ts';
import { toolToken } from '../local/issuer.ts';
import { type Platform, startPlatform } from '../local/platform.ts';
import { functionOptions } from '../scripts/bundle/functions.ts';
import { median } from '../test/support/quantile.ts';
import { firstSuccess, freePort, stopProcess } from './processes.ts';

const [starts = 15, requests = 1000] = process.argv.slice(2).map(Number);
const tool = 'bench';

type Variant = { name: string; program: string; environment: Record<string, string> };
type Running = { child: ChildProcess; port: number; firstMs: number };

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const sendRequest = (port: number, token: string): Promise<number> =>
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

const start = async ({ name, program, environment }: Variant, token: string): Promise<Running> => {
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', ...environment, PORT: String(port) };
  const began = performance.now();
  const child = spawn(process.execPath, [program], { env, stdio: 'ignore' });
  const status = await firstSuccess(() => sendRequest(port, token));
  if (status !== 200) throw new Error(`${name}: status ${status} instead of 200`);
  return { child, port, firstMs: performance.now() - began };
};

const stop = ({ child }: Running): Promise<void> => stopProcess(child);

const bundle = async (folder: string, withAuthentication: boolean): Promise<string> => {
  const program = join(folder, `${withAuthentication ? 'with' : 'without'}.mjs`);
  const entry = join(import.meta.dirname, 'auth-function.ts');
  const define = { withAuthentication: String(withAuthentication) };
  const { outExtension: _, ...options } = functionOptions;
  await build({ ...options, entryPoints: [entry], outfile: program, define });
  return program;
};

/** Writes an issuer's keys into a folder, as a ConfigMap with saved keys is mounted in a pod. @returns the folder */
const saveKeysIn = async (folder: string, environment: Record<string, string>): Promise<string> => {
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

const variantsFor = async (folder: string, platform: Platform): Promise<Variant[]> => {
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
      name: 'with, saved keys',
      program,
      environment: { ...environment, AUTH_KEYS_FOLDER: await saveKeysIn(folder, platform.environment) },
    },
  ];
};

const coldStarts = async (variants: Variant[], token: string): Promise<number[]> => {
  const samples = variants.map((): number[] => []);
  // The first start fills Node's compile cache, and its time is not counted.
  for (let run = -1; run < starts; run++) {
    for (const [at, variant] of variants.entries()) {
      const running = await start(variant, token);
      await stop(running);
      if (run >= 0) samples[at]?.push(running.firstMs);
    }
  }
  return samples.map(median);
};

const warmRequests = async (variants: Variant[], token: string): Promise<number[]> => {
  const running: Running[] = [];
  for (const variant of variants) running.push(await start(variant, token));
  const samples = variants.map((): number[] => []);
  for (let run = -100; run < requests; run++) {
    for (const [at, { port }] of running.entries()) {
      const began = performance.now();
      await sendRequest(port, token);
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
  const variants = await variantsFor(folder, platform);
  const [cold, warm] = [await coldStarts(variants, token), await warmRequests(variants, token)];
  console.log(
    '| authentication | cold start, ms | ratio to without | warm request, ms | more than without, ms |\n|---|---|---|---|---|',
  );
  for (const [at, { name }] of variants.entries()) {
    const [start = 0, request = 0] = [cold[at], warm[at]];
    const [ratio, more] = [start / (cold[0] ?? 1), request - (warm[0] ?? 0)];
    console.log(`| ${name} | ${start.toFixed(0)} | ${ratio.toFixed(2)} | ${request.toFixed(2)} | ${more.toFixed(2)} |`);
  }
} finally {
  agent.destroy();
  await platform.close();
  await rm(folder, { recursive: true, force: true });
}
