import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { retry } from '../../../lib/retry.ts';
import { render } from '../../support/helm.ts';

export type Json = Record<string, unknown>;

/** Time limit of each wait in a test, in milliseconds. It is long, because shared machines are slow at times. */
export const waitTimeoutMs = 300_000;
/** Option `--timeout` of `kubectl wait`, with the time limit of each wait in a test. */
export const waitTimeout = `--timeout=${waitTimeoutMs / 1000}s`;

const required = {
  KUBECONFIG: 'the cluster to test on',
  BUILDER: 'the builder image, as knative/builder/README.md makes it',
  RUNNER: 'the run image, as knative/builder/README.md makes it',
  BUILDER_LANGUAGES: 'a builder of the shape of heroku/builder:24, as npm run images:test-builders makes it',
  BUILDER_PACKAGES: "this project's builder with a package source of its own, as npm run images:test-builders makes it",
  RUN_HEROKU: 'its run image, as npm run images:test-builders makes it',
  TEST_REGISTRY: 'the registry to push to, such as http://registry.example:5000, as pods and this machine reach it',
} as const;

/** Returns a setting of the cluster tests from the environment. @throws Error that explains a missing setting */
export const setting = (name: keyof typeof required): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`Set ${name}: ${required[name]}. These tests run on a real cluster with Tekton.`);
};

type KubectlResult = { code: number | null; stdout: string; stderr: string };

const runKubectl = async (words: string[], input: string | Buffer): Promise<KubectlResult> => {
  const child = spawn('kubectl', words, { env: { ...process.env, KUBECONFIG: setting('KUBECONFIG') } });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString().trim() };
};

/**
 * Errors with which the cluster refuses a request before it changes anything, so the request can be sent again. A small
 * cluster restarts its webhooks when it is short of processor time.
 */
const clusterIsAway =
  /failed calling webhook[\s\S]*(connection refused|deadline exceeded)|The connection to the server .* was refused/;

/** Error of a kubectl command that ended with an exit code other than 0. */
class KubectlError extends Error {
  override readonly name = 'KubectlError';
  readonly isTemporary: boolean;

  constructor(words: string[], stderr: string) {
    super(`kubectl ${words.join(' ')}: ${stderr}`);
    this.isTemporary = clusterIsAway.test(stderr);
  }
}

const isTemporary = (error: unknown): boolean => error instanceof KubectlError && error.isTemporary;

/** Returns a function that returns the delay before a retry, or undefined once 300 s have passed. */
const delayUntilTimeout = (ms: number): (() => number | undefined) => {
  const end = Date.now() + waitTimeoutMs;
  return () => (Date.now() > end ? undefined : ms);
};

/**
 * Runs kubectl, and retries for up to 300 s while the cluster does not respond.
 * @returns the standard output
 * @throws Error with the standard error
 */
export const kubectl = (words: string[], input: string | Buffer = ''): Promise<string> =>
  retry({ attempts: Number.POSITIVE_INFINITY, delayMs: delayUntilTimeout(1000), isTemporary }, async () => {
    const { code, stdout, stderr } = await runKubectl(words, input);
    if (code !== 0) throw new KubectlError(words, stderr);
    return stdout;
  });

export type Namespace = {
  name: string;
  kubectl: (words: string[], input?: string | Buffer) => Promise<string>;
  apply: (...objects: Json[]) => Promise<void>;
  get: <T>(kind: string, name: string) => Promise<T>;
  remove: () => Promise<void>;
};

/** Makes a namespace for the objects of one test run. Deleting the namespace removes these objects. */
export const makeNamespace = async (): Promise<Namespace> => {
  const name = `builds-pipeline-test-${randomBytes(4).toString('hex')}`;
  await kubectl(['create', 'namespace', name]);
  const inside = (words: string[], input?: string | Buffer) => kubectl(['--namespace', name, ...words], input);
  // No pod can start before a controller has made the namespace's default ServiceAccount.
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

/** A random word in the registry credentials of a test run. Logs and images that contain the word leak credentials. */
export const marker = `marker-${randomBytes(12).toString('hex')}`;

/** Returns a Secret with credentials of a registry that does not exist, so a leak is harmless and easy to recognise. */
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

/**
 * Installs the chart builds-builder and the Secret with registry credentials in a namespace.
 * @param values values of the chart. Default: none
 */
export const installPipeline = async (namespace: Namespace, values: Json = {}): Promise<void> => {
  await namespace.apply(...(await render('builds-builder', values, namespace.name)), credentials());
};

/** Calls `act` until it succeeds. @throws the last error after 300 s */
export const eventually = <T>(act: () => Promise<T>): Promise<T> =>
  retry({ attempts: Number.POSITIVE_INFINITY, delayMs: delayUntilTimeout(500), isTemporary: () => true }, act);
