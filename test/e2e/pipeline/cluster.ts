import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type Json = Record<string, unknown>;

/** When a test gives up waiting. It claims nothing of how long things take: shared machines are slow at times. */
export const patienceMs = 300_000;
/** The same for kubectl wait. */
export const patience = `--timeout=${patienceMs / 1000}s`;

const required = {
  KUBECONFIG: 'the cluster to test on',
  BUILDER_IMAGE: 'the builder image, as knative/builder/README.md makes it',
  RUN_IMAGE: 'the run image, as knative/builder/README.md makes it',
  TEST_REGISTRY: 'the registry to push to, such as http://registry.example:5000, as pods and this machine reach it',
} as const;

/** A setting of these tests, from the environment. @throws Error which says what it is for */
export const setting = (name: keyof typeof required): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`Set ${name}: ${required[name]}. These tests run on a real cluster with Tekton.`);
};

type Ran = { code: number | null; stdout: string; stderr: string };

const runKubectl = async (words: string[], input: string | Buffer): Promise<Ran> => {
  const child = spawn('kubectl', words, { env: { ...process.env, KUBECONFIG: setting('KUBECONFIG') } });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString().trim() };
};

/** The cluster's own, before anything was done: a small one starts its webhooks anew when it is short of processor. */
const clusterIsAway =
  /failed calling webhook[\s\S]*(connection refused|deadline exceeded)|The connection to the server .* was refused/;

/** Runs kubectl. @returns its standard output @throws Error with what it said */
export const kubectl = async (words: string[], input: string | Buffer = ''): Promise<string> => {
  for (const end = Date.now() + patienceMs; ; await delay(1000)) {
    const { code, stdout, stderr } = await runKubectl(words, input);
    if (code === 0) return stdout;
    if (!clusterIsAway.test(stderr) || Date.now() > end) throw new Error(`kubectl ${words.join(' ')}: ${stderr}`);
  }
};

export type Namespace = {
  name: string;
  kubectl: (words: string[], input?: string | Buffer) => Promise<string>;
  apply: (...objects: Json[]) => Promise<void>;
  get: <T>(kind: string, name: string) => Promise<T>;
  remove: () => Promise<void>;
};

/** A namespace of its own, so that runs of these tests don't meet, and one deletion removes all. */
export const makeNamespace = async (): Promise<Namespace> => {
  const name = `builds-pipeline-test-${randomBytes(4).toString('hex')}`;
  await kubectl(['create', 'namespace', name]);
  const inside = (words: string[], input?: string | Buffer) => kubectl(['--namespace', name, ...words], input);
  // A controller makes it, and no pod may come before it.
  await eventually(() => inside(['get', 'serviceaccount', 'default']));
  return {
    name,
    kubectl: inside,
    apply: async (...objects) => {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await inside(['apply', '-f', '-'], JSON.stringify(list));
    },
    get: async <T>(kind: string, object: string) => JSON.parse(await inside(['get', kind, object, '-o', 'json'])) as T,
    remove: async () => void (await kubectl(['delete', 'namespace', name, '--wait=false'])),
  };
};

/** What the credentials hold in these tests: a word that may appear nowhere else. */
export const marker = `marker-${randomBytes(12).toString('hex')}`;

/** The credentials of a registry that nobody asks, so that a leak is harmless and easily recognised. */
export const credentials = (): Json => {
  const auth = Buffer.from(`robot:${marker}`).toString('base64');
  const config = { auths: { 'registry.invalid': { username: 'robot', password: marker, auth } } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'registry-credentials' },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify(config) },
  };
};

/** Installs knative/pipeline as it is, and the credentials. */
export const installPipeline = async (namespace: Namespace): Promise<void> => {
  const folder = join(import.meta.dirname, '../../../knative/pipeline');
  await namespace.kubectl(['apply', '-f', '-'], await kubectl(['kustomize', folder]));
  await namespace.apply(credentials());
};

/** Asks until the answer comes; for what has no event to await. @throws the last error when patience ends */
export const eventually = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (const end = Date.now() + patienceMs; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(500);
    }
  }
};
