import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { createKube } from '../lib/kube/client.ts';
import { createTransport } from '../lib/kube/transport.ts';
import type { BuildRecord } from '../lib/ledger/types.ts';
import { createFolderStore } from '../lib/store/folder.ts';
import { internalKubeconfig } from '../local/kubeconfig.ts';
import {
  archivePod,
  buildLines,
  buildRecord,
  cloneLines,
  gzip,
  type LogTarget,
  marksFor,
  podMetadata,
  printedLine,
  responseTo,
  stepEnv,
  steps,
} from './log-target.ts';
import { freePort, residentBytes } from './processes.ts';

const tool = 'bench';
const id = 'bench-1';
const time = '2026-11-22T08:02:11';

/** Returns lines that were printed from a position in the log on, with the times that the kubelet puts before them. */
const withTimes = (lines: readonly string[], from: number): Buffer =>
  Buffer.from(lines.map((line, at) => `${time}.${String(from + at).padStart(9, '0')}Z ${line}\n`).join(''));

const logOf = (lines: number): Buffer => {
  const [first, last] = marksFor(lines);
  const parts = Array.from({ length: lines / 1000 }, (_, part) => {
    const printed = Array.from({ length: 1000 }, (_, at) => printedLine(part * 1000 + at));
    return withTimes(printed, part * 1000 + 1);
  });
  return Buffer.concat([withTimes([first], 0), ...parts, withTimes([last], lines + 1)]);
};

const sendJson = (res: ServerResponse, status: number, value: object): void => {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

type State = { build: BuildRecord; isRunning: boolean; version: number };

const podOf = ({ isRunning, version }: State) => ({
  metadata: { ...podMetadata(tool, id), resourceVersion: String(version), creationTimestamp: `${time}Z` },
  spec: { containers: steps.map((step) => ({ name: `step-${step}`, env: stepEnv })) },
  status: {
    phase: isRunning ? 'Running' : 'Succeeded',
    containerStatuses: steps.map((step) => ({
      name: `step-${step}`,
      state:
        isRunning && step === 'build'
          ? { running: { startedAt: `${time}Z` } }
          : { terminated: { exitCode: 0, reason: 'Completed' } },
    })),
  },
});

const ledgerOf = ({ build, version }: State) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name: tool, resourceVersion: String(version) },
  spec: { tool },
  status: build.finishedAt ? { finished: [build] } : { running: [build] },
});

/** Serves the part of the Kubernetes API that get-logs uses: one pod, its logs, one ledger. */
const createApi = () => {
  const logs: Record<string, Buffer> = { clone: logOf(cloneLines), build: logOf(buildLines) };
  const open = new Set<ServerResponse>();
  let state: State = { build: buildRecord(id), isRunning: true, version: 1 };
  const log = async (res: ServerResponse, query: URLSearchParams): Promise<void> => {
    const step = query.get('container')?.slice('step-'.length) ?? '';
    const bytes = logs[step] ?? Buffer.alloc(0);
    const lastLine = bytes.subarray(bytes.lastIndexOf(10, bytes.length - 2) + 1);
    if (!res.write(query.has('tailLines') ? lastLine : bytes))
      await Promise.race([once(res, 'drain'), once(res, 'close')]);
    if (query.get('follow') !== 'true' || step !== 'build' || !state.isRunning) res.end();
    else open.add(res);
  };
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://api');
    if (url.pathname.endsWith('/log')) void log(res, url.searchParams);
    else if (url.pathname.includes('/buildledgers')) sendJson(res, 200, ledgerOf(state));
    else if (url.pathname.includes('/pipelineruns')) sendJson(res, 404, { reason: 'NotFound', message: 'no such run' });
    else if (url.searchParams.get('watch') === 'true') open.add(res.writeHead(200));
    else sendJson(res, 200, { metadata: { resourceVersion: String(state.version) }, items: [podOf(state)] });
  });
  return {
    server,
    setBuild: (build: BuildRecord) => {
      state = { ...state, build, version: state.version + 1 };
    },
    end: () => {
      state = { ...state, isRunning: false, version: state.version + 1 };
      for (const res of open) res.end();
      open.clear();
    },
  };
};

const startGetLogs = async (folder: string, environment: Record<string, string>): Promise<ChildProcess> => {
  const program = join(import.meta.dirname, '../functions/main.ts');
  // 128 MiB is the heap limit that Node chooses by itself in a container with 256 MiB.
  const child = spawn(process.execPath, ['--max-old-space-size=128', program, 'get-logs'], {
    env: { PATH: process.env.PATH, LOG_FOLDER: join(folder, 'logs'), ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const listening = Promise.withResolvers<void>();
  child.stderr.on('data', (chunk) => String(chunk).includes('listening') && listening.resolve());
  child.once('exit', (code) => listening.reject(new Error(`get-logs ended with ${code}`)));
  await listening.promise;
  return child;
};

const send = (options: object): Promise<IncomingMessage> =>
  responseTo(get({ host: '127.0.0.1', agent: false, ...options }));

/** Starts get-logs as a process on this machine, beside a minimal Kubernetes API. */
export const openLocal = async (): Promise<LogTarget> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-logs-'));
  const api = createApi();
  api.server.listen(0, '127.0.0.1');
  await once(api.server, 'listening');
  const apiPort = (api.server.address() as AddressInfo).port;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  await writeFile(join(folder, 'kubeconfig'), internalKubeconfig(apiUrl, 'token', 'ns'));
  await writeFile(join(folder, 'secret'), 'bench-secret');
  const port = await freePort();
  const child = await startGetLogs(folder, {
    PORT: String(port),
    KUBECONFIG: join(folder, 'kubeconfig'),
    GATEWAY_SECRET_FILE: join(folder, 'secret'),
    BROKER_URL: `${apiUrl}/broker`,
  });
  const store = createFolderStore(join(folder, 'logs'));
  const connection = { server: new URL(apiUrl), namespace: 'ns', tls: {}, authorization: async () => undefined };
  const kube = createKube(createTransport({ connection, timeoutMs: 10_000, attempts: 2 }), 'ns');
  const headers = { 'x-toolforge-tool': tool, 'x-toolforge-gateway-secret': 'bench-secret' };
  const raw: LogTarget['raw'] = (step, follow) =>
    send({
      port: apiPort,
      path: `/api/v1/namespaces/ns/pods/${id}-pod/log?container=step-${step}&follow=${follow}`,
    });
  const open: LogTarget['open'] = (build, query, more) =>
    send({ port, headers: { ...headers, ...more }, path: `/v1/tool/${tool}/builds/${build}/logs?${query}` });
  return {
    tool,
    id,
    store,
    setBuild: async (build) => api.setBuild(buildRecord(build.id, build)),
    endPod: async () => api.end(),
    raw,
    open,
    fetch: async (build, query, compressed) => {
      const response = await open(build, query, compressed ? gzip : {});
      return compressed ? response.pipe(createGunzip()) : response;
    },
    archive: () => archivePod({ kube, store, tool, id }),
    memory: () => residentBytes(child),
    close: async () => {
      child.kill('SIGKILL');
      kube.close();
      api.server.closeAllConnections();
      api.server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
