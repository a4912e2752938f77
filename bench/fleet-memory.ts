/**
 * Measures the memory of the functions that look at all tools, sweep and metrics, with few tools and with many:
 *   npm run bench:fleet-memory [-- FEW MANY CALLS]     numbers of tools and of calls; default 100 20000 3
 * Each tool has 20 finished builds with long messages and variables, and an archived log of each. A small HTTP server
 * makes up the lists of the API server and of the object store. Each row shows the peak of the function's resident set
 * after all calls, and the requests of one call.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { services } from '../functions/table.ts';
import { startServer } from '../test/support/server.ts';
import { fleetServer, type Requests } from './fleet-server.ts';
import { firstSuccess, freePort, stopProcess } from './processes.ts';

const root = join(import.meta.dirname, '..');
const [few = 100, many = 20_000, calls = 3] = process.argv.slice(2).map(Number);
const subject = 'system:serviceaccount:image-build:sweep';

type Name = 'sweep' | 'metrics';
type Peak = { mebibytes: number; seconds: number; requests: Requests };

const { privateKey, publicKey } = await generateKeyPair('RS256');
const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'bench' }] };
const requests: Requests = { kubernetes: 0, store: 0 };
let tools = few;
const server = await startServer(fleetServer(() => tools, jwks, requests));
const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const kubeconfig = join(folder, 'kubeconfig');
const key = join(folder, 'key');
await writeFile(key, 'bench');
await writeFile(
  kubeconfig,
  `current-context: c
contexts: [{ name: c, context: { cluster: c, user: u, namespace: image-build } }]
clusters: [{ name: c, cluster: { server: "${server.url}" } }]
users: [{ name: u, user: { token: t } }]
`,
);
const token = await new SignJWT({})
  .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
  .setIssuer(server.url)
  .setAudience('sweep')
  .setSubject(subject)
  .setExpirationTime('2h')
  .sign(privateKey);

const environment = {
  ...{ PATH: process.env.PATH, NODE_ENV: 'production', KUBECONFIG: kubeconfig },
  ...{ EVENT_ISSUER: server.url, EVENT_KEYS_URL: `${server.url}/keys`, EVENT_SUBJECTS: subject },
  ...{
    LOG_STORE: 's3',
    S3_ENDPOINT: server.url,
    S3_BUCKET: 'bucket',
    S3_ACCESS_KEY_FILE: key,
    S3_SECRET_KEY_FILE: key,
  },
  ...{ BUILDER: 'example.org/builder', RUNNER: 'example.org/runner', ARCHIVER_IMAGE: 'example.org/functions' },
  ...{ REGISTRY_URL: 'https://example.org', AUTH_ISSUERS: '[]', GATEWAY_SECRET_FILE: key, CAPACITY: '100' },
};

const send: Record<Name, (port: number) => Promise<Response>> = {
  metrics: (port) => fetch(`http://127.0.0.1:${port}/v1/metrics`),
  sweep: (port) =>
    fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...{ 'ce-id': '1', 'ce-specversion': '1.0', 'ce-type': 'dev.knative.sources.ping', 'ce-source': '/bench' },
      },
    }),
};

/** Returns the largest resident set that a process has had, in MiB. */
const peakOf = async ({ pid }: ChildProcess): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

const call = async (name: Name, port: number): Promise<void> => {
  const response = await send[name](port);
  const text = await response.text();
  if (!response.ok) throw new Error(`${name} answered with status ${response.status}: ${text}`);
  if (name === 'metrics' && !text.includes(`{status="BUILD_FAILURE"} ${tools * 20}\n`)) throw new Error(text);
};

const measure = async (name: Name): Promise<Peak> => {
  const port = await freePort();
  const { NODE_OPTIONS } = services[name].environment;
  const env = { ...environment, NODE_OPTIONS, PORT: String(port) };
  const program = join(root, 'dist/functions', name, 'index.mjs');
  const child = spawn(process.execPath, [program], { env, stdio: 'ignore' });
  try {
    await firstSuccess(() => fetch(`http://127.0.0.1:${port}/none`, { method: 'POST' }));
    Object.assign(requests, { kubernetes: 0, store: 0 });
    const began = performance.now();
    for (let at = 0; at < calls; at += 1) await call(name, port);
    const seconds = (performance.now() - began) / 1000 / calls;
    const ofCall = { kubernetes: requests.kubernetes / calls, store: requests.store / calls };
    return { mebibytes: await peakOf(child), seconds, requests: ofCall };
  } finally {
    await stopProcess(child);
  }
};

try {
  console.log('| function | tools | peak, MiB | ratio | requests to the API server | to the store | seconds |');
  console.log('|---|---|---|---|---|---|---|');
  for (const name of ['metrics', 'sweep'] as const) {
    let first: number | undefined;
    for (tools of [few, many]) {
      const { mebibytes, seconds, requests: sent } = await measure(name);
      first ??= mebibytes;
      const ratio = (mebibytes / first).toFixed(2);
      const words = [name, tools, mebibytes.toFixed(0), ratio, sent.kubernetes, sent.store, seconds.toFixed(1)];
      console.log(`| ${words.join(' | ')} |`);
    }
  }
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
