/** What start and list are measured on: the service of a cluster, or with `embedded` the same code on this machine. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const settleMs = 10_000;

export type Answer = { status: number; text: string };

export type Target = {
  name: string;
  kube: Kube;
  /** Over one connection that is kept, as the raw calls are. */
  call: (tool: string, method: string, path: string, body?: unknown) => Promise<Answer>;
  /** A repository that can be fetched. */
  repository: string;
  /** Writes that the Kubernetes API was asked for since it was last called; undefined where nobody counts. */
  writes: () => number | undefined;
  /** While it works nothing is built, whatever runs there are. */
  withoutBuilds: <T>(work: () => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
};

type Send = { url: URL; options: https.RequestOptions };

const send = ({ url, options }: Send, body: unknown): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(url, options, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

const json = { 'content-type': 'application/json' };

/** Kubernetes' API without Tekton behind it: nothing takes time but what is measured. */
const embedded = async (): Promise<Target> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const token = randomBytes(16).toString('hex');
  const api = await createKubeApi({ folder: join(folder, 'kube'), token });
  let writes = 0;
  const kubeServer = http.createServer((req, res) => {
    if (req.method !== 'GET') writes += 1;
    api.handler(req, res);
  });
  const kubeUrl = `http://127.0.0.1:${await listen(kubeServer, 0, 'PORT')}`;
  const [kubeconfig, secret] = [join(folder, 'kubeconfig'), join(folder, 'secret')];
  await writeFile(kubeconfig, internalKubeconfig(kubeUrl, token, namespace));
  await writeFile(secret, token);
  const registry = http.createServer(createRegistry({ imagesFolder: join(folder, 'images') }).handler);
  const work = await mkdtemp(join(folder, 'work-'));
  await writeFile(join(work, 'Procfile'), 'web: true\n');
  await makeRepository(work, join(folder, 'git/bench.git'));
  const git = await serveGit({ folder: join(folder, 'git') });
  const environment = {
    KUBECONFIG: kubeconfig,
    GATEWAY_SECRET_FILE: secret,
    EVENT_SUBJECTS: 'nobody',
    BROKER_URL: 'http://127.0.0.1:9',
    BUILDER_IMAGE: 'local/builder:1',
    RUN_IMAGE: 'local/run:1',
    ARCHIVER_IMAGE: 'local/functions:1',
    SOURCE_ALLOW_HTTP: 'true',
    SOURCE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1/128',
    REGISTRY_KIND: 'oci',
    REGISTRY_URL: `http://127.0.0.1:${await listen(registry, 0, 'PORT')}`,
    LOG_FOLDER: join(folder, 'logs'),
    ...(process.env.CAPACITY ? { CAPACITY: process.env.CAPACITY } : {}),
  };
  const stop = new AbortController();
  const log = createLog('bench');
  const functions = await createFunctions({ environment, log, shutdown: stop.signal });
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
      const counted = writes;
      writes = 0;
      return counted;
    },
    withoutBuilds: (act) => act(),
    close: async () => {
      stop.abort();
      agent.destroy();
      kube.close();
      functions.close();
      await Promise.all([server, registry, kubeServer].map(closeServer));
      await git.close();
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

type Kubeconfig = { clusters: { cluster: Record<string, string> }[]; users: { user: Record<string, string> }[] };

const decoded = (text = ''): string => Buffer.from(text, 'base64').toString();

/** Through the gateway of knative/overlays/test, with a tool's certificate, and Tekton's controller asleep. */
const cluster = async (): Promise<Target> => {
  await import('../test/e2e/site.js');
  const { openService, until } = await import('../test/e2e/service/service.ts');
  const { kubectl } = await import('../test/e2e/pipeline/cluster.ts');
  const service = await openService();
  const repository = await service.repository('bench', { Procfile: 'web: true\n' });
  const kube = await kubeFromSettings({ ...readSettings(kubeSettings), namespace });
  const agents = new Map<string, https.Agent>();
  const agentOf = async (tool: string): Promise<https.Agent> => {
    const config = load(await readFile(await service.gateway.kubeconfig(tool), 'utf8')) as Kubeconfig;
    const user = config.users[0]?.user;
    return new https.Agent({
      keepAlive: true,
      maxSockets: 64,
      ca: decoded(config.clusters[0]?.cluster['certificate-authority-data']),
      cert: decoded(user?.['client-certificate-data']),
      key: decoded(user?.['client-key-data']),
    });
  };
  const tekton = (...words: string[]) => kubectl(['--namespace', 'tekton-pipelines', ...words]);
  const controller = 'deployment/tekton-pipelines-controller';
  const scale = (replicas: string) => tekton('scale', controller, `--replicas=${replicas}`);
  return {
    name: 'a cluster',
    kube,
    call: async (tool, method, path, body) => {
      const agent = agents.get(tool) ?? (await agentOf(tool));
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
        await until("Tekton's controller is asleep", async () => (await pods()) === '');
        // What its end set in motion, and the functions' own start, must not be measured.
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

/** `embedded` as the last word of the command takes this machine. */
export const openTarget = (): Promise<Target> => (process.argv.includes('embedded') ? embedded() : cluster());

/** @returns milliseconds */
export const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await act();
  return performance.now() - began;
};
