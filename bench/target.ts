/**
 * Opens the service that bench/start.ts and bench/list.ts measure: on a cluster, or with `embedded` on this machine.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from 'js-yaml';
import { createKubeApi } from '../embedded/kubernetes/api.ts';
import { createRegistry } from '../embedded/registry/registry.ts';
import { readSettings } from '../lib/config/settings.ts';
import type { Kube } from '../lib/kube/client.ts';
import { kubeFromSettings, kubeSettings } from '../lib/kube/from-settings.ts';
import { createLog } from '../lib/log.ts';
import { createFunctions } from '../local/functions.ts';
import { makeRepository, serveGit } from '../local/git-server.ts';
import { internalKubeconfig } from '../local/kubeconfig.ts';
import { closeServer, listen } from '../local/listen.ts';

export const namespace = 'image-build';

/** Pause in milliseconds after Tekton's controller stops, so that its end does not slow down the measured requests. */
const settleMs = 10_000;

export type TargetResponse = { status: number; text: string };

export type Target = {
  name: string;
  kube: Kube;
  /** Sends a tool's request to the service. Connections are kept open, as for raw requests to the Kubernetes API. */
  call: (tool: string, method: string, path: string, body?: unknown) => Promise<TargetResponse>;
  /** URL of a git repository that the service can fetch. */
  repository: string;
  /** Returns the number of writes to the Kubernetes API since the last call; undefined where writes are not counted. */
  writes: () => number | undefined;
  /** Runs `work` while Tekton starts no build. */
  withoutBuilds: <T>(work: () => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
};

type Send = { url: URL; options: https.RequestOptions };

const send = ({ url, options }: Send, body: unknown): Promise<TargetResponse> =>
  new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(url, options, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: await text(response) });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

const json = { 'content-type': 'application/json' };

/** Starts the embedded Kubernetes API, and counts the writes to it. @returns the path of a kubeconfig and the count */
const startKubeApi = async (folder: string, token: string) => {
  const api = await createKubeApi({ folder: join(folder, 'kube'), token });
  const counted = { writes: 0 };
  const server = http.createServer((req, res) => {
    if (req.method !== 'GET') counted.writes += 1;
    api.handler(req, res);
  });
  const kubeconfig = join(folder, 'kubeconfig');
  const url = `http://127.0.0.1:${await listen(server, 0, 'PORT')}`;
  await writeFile(kubeconfig, internalKubeconfig(url, token, namespace));
  const close = async (): Promise<void> => {
    await closeServer(server);
    await api.close();
  };
  return { kubeconfig, counted, close };
};

/** Starts a git server with one repository. */
const startGit = async (folder: string) => {
  const work = await mkdtemp(join(folder, 'work-'));
  await writeFile(join(work, 'Procfile'), 'web: true\n');
  await makeRepository(work, join(folder, 'git/bench.git'));
  return serveGit({ folder: join(folder, 'git') });
};

const environmentOf = async (folder: string, kubeconfig: string, token: string, registryUrl: string) => {
  const secret = join(folder, 'secret');
  await writeFile(secret, token);
  return {
    KUBECONFIG: kubeconfig,
    GATEWAY_SECRET_FILE: secret,
    EVENT_SUBJECTS: 'nobody',
    BROKER_URL: 'http://127.0.0.1:9',
    BUILDER: 'local/builder:1',
    RUNNER: 'local/run:1',
    ARCHIVER_IMAGE: 'local/functions:1',
    SOURCE_ALLOW_HTTP: 'true',
    SOURCE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1/128',
    REGISTRY_KIND: 'oci',
    REGISTRY_URL: registryUrl,
    LOG_FOLDER: join(folder, 'logs'),
    ...(process.env.CAPACITY ? { CAPACITY: process.env.CAPACITY } : {}),
  };
};

/**
 * Starts the functions against the embedded Kubernetes API. Tekton is left out, so only the measured code takes time.
 */
const embedded = async (): Promise<Target> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const token = randomBytes(16).toString('hex');
  const kubeApi = await startKubeApi(folder, token);
  const account = { username: 'bench', password: token };
  const registry = http.createServer(createRegistry({ imagesFolder: join(folder, 'images'), account }).handler);
  const registryUrl = `http://127.0.0.1:${await listen(registry, 0, 'PORT')}`;
  const git = await startGit(folder);
  const environment = await environmentOf(folder, kubeApi.kubeconfig, token, registryUrl);
  const stop = new AbortController();
  const functions = await createFunctions({
    environmentOf: () => environment,
    log: createLog('bench'),
    shutdown: stop.signal,
  });
  const server = http.createServer(functions.api);
  const url = `http://127.0.0.1:${await listen(server, 0, 'PORT')}`;
  const kube = await kubeFromSettings(readSettings(kubeSettings, environment));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  return {
    name: 'the embedded Kubernetes API',
    kube,
    call: (tool, method, path, body) => {
      const headers = { ...json, 'x-toolforge-tool': tool, 'x-toolforge-gateway-secret': token };
      return send({ url: new URL(`${url}/v1/tool/${tool}${path}`), options: { method, agent, headers } }, body);
    },
    repository: `${git.url}/bench.git`,
    writes: () => {
      const { writes } = kubeApi.counted;
      kubeApi.counted.writes = 0;
      return writes;
    },
    withoutBuilds: (act) => act(),
    close: async () => {
      stop.abort();
      agent.destroy();
      kube.close();
      functions.close();
      await Promise.all([server, registry].map(closeServer));
      await kubeApi.close();
      await git.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

type Kubeconfig = { clusters: { cluster: Record<string, string> }[]; users: { user: Record<string, string> }[] };

const decodeBase64 = (text = ''): string => Buffer.from(text, 'base64').toString();

/** Returns an HTTPS agent that uses the certificates of a tool's kubeconfig. */
const agentOf = async (kubeconfig: string): Promise<https.Agent> => {
  const config = load(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const user = config.users[0]?.user;
  return new https.Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: decodeBase64(config.clusters[0]?.cluster['certificate-authority-data']),
    cert: decodeBase64(user?.['client-certificate-data']),
    key: decodeBase64(user?.['client-key-data']),
  });
};

/** Opens the service of a cluster, through its gateway and with a tool's certificate. */
const cluster = async (): Promise<Target> => {
  await import('../test/e2e/site.js');
  const { openService, until } = await import('../test/e2e/service/service.ts');
  const { kubectl } = await import('../test/e2e/pipeline/cluster.ts');
  const service = await openService();
  const repository = await service.repository('bench', { Procfile: 'web: true\n' });
  const kube = await kubeFromSettings({ ...readSettings(kubeSettings), namespace });
  const agents = new Map<string, https.Agent>();
  const tekton = (...words: string[]) => kubectl(['--namespace', 'tekton-pipelines', ...words]);
  const controller = 'deployment/tekton-pipelines-controller';
  const scale = (replicas: string) => tekton('scale', controller, `--replicas=${replicas}`);
  return {
    name: 'a cluster',
    kube,
    call: async (tool, method, path, body) => {
      const agent = agents.get(tool) ?? (await agentOf(await service.gateway.kubeconfig(tool)));
      agents.set(tool, agent);
      const url = new URL(`${service.gateway.url}/builds/v1/tool/${tool}${path}`);
      return send({ url, options: { method, agent, headers: json } }, body);
    },
    repository,
    writes: () => undefined,
    withoutBuilds: async (act) => {
      const replicas = (await tekton('get', controller, '-o', 'jsonpath={.spec.replicas}')).trim();
      await scale('0');
      try {
        const pods = () => tekton('get', 'pods', '-l', 'app=tekton-pipelines-controller', '-o', 'name');
        await until("Tekton's controller is stopped", async () => (await pods()) === '');
        // The benchmark waits, because the end of Tekton's controller and the start of the functions would slow down
        // the measured requests.
        await delay(settleMs);
        return await act();
      } finally {
        await scale(replicas);
      }
    },
    close: async () => {
      for (const agent of agents.values()) agent.destroy();
      kube.close();
      await service.close();
    },
  };
};

/** Opens the service on a cluster, or on this machine where the command line has the argument `embedded`. */
export const openTarget = (): Promise<Target> => (process.argv.includes('embedded') ? embedded() : cluster());

/** Returns the duration of `act` in milliseconds. */
export const millisecondsOf = async (act: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await act();
  return performance.now() - began;
};
