import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../../../openapi/generated/types.ts';
import { eventually, type Json, kubectl, makeNamespace, type Namespace, patienceMs } from '../pipeline/cluster.ts';
import { type Files, type GitServer, startGitServer } from '../pipeline/git-pod.ts';
import { type CallOptions, type Client, type Gateway, openGateway } from './gateway.ts';

export const builds = 'image-build';

/** One line of a log as clients get it. */
export type LogLine = { line: string; cursor?: string; end?: { status: string; log: string } };

export type Service = {
  gateway: Gateway;
  git: GitServer;
  /** Where the git server is; a pod of it can be asked to call others. */
  namespace: Namespace;
  /** A repository that can be fetched by now. @returns its URL */
  repository: (name: string, files: Files) => Promise<string>;
  /** A tool of this run alone. Its ledger and builds are removed at the end. */
  tool: () => Promise<Tool>;
  /** kubectl in the namespace of the builds. */
  kubectl: (words: string[], input?: string) => Promise<string>;
  close: () => Promise<void>;
};

export type Tool = {
  name: string;
  client: Client;
  path: (rest: string) => string;
  /** @throws Error unless it is answered with 200 */
  start: (url: string, parameters?: Json) => Promise<string>;
  get: (id: string) => Promise<Build>;
  /** Until the build has a final status. */
  finished: (id: string) => Promise<Build>;
  log: (id: string, query?: string) => AsyncGenerator<LogLine>;
};

const finalStatuses = new Set(['BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_CANCELLED', 'BUILD_TIMEOUT']);

/** Names of a build's pods, a line each. */
export const podsOf = (service: Service, id: string): Promise<string> =>
  service.kubectl(['get', 'pods', '-l', `tekton.dev/pipelineRun=${id}`, '-o', 'name']);

/** Asks until the answer is true. @throws Error after so many milliseconds */
export const until = async (what: string, ask: () => Promise<boolean>, ms = patienceMs): Promise<void> => {
  for (const end = Date.now() + ms; !(await ask()); await delay(500)) {
    if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}`);
  }
};

async function* linesOf(client: Client, path: string): AsyncGenerator<LogLine> {
  const response = await client.open('GET', path);
  if (response.statusCode !== 200) throw new Error(`${path} was answered with ${response.statusCode}`);
  try {
    for await (const line of createInterface(response)) if (line) yield JSON.parse(line) as LogLine;
  } finally {
    // Else the end of a connection that nobody reads any more, as of a function that is killed, is nobody's error.
    response.destroy();
  }
}

/** @throws Error unless it is answered with 200 */
const ask = async (client: Client, method: string, path: string, options?: CallOptions): Promise<Json> => {
  const { status, json, text } = await client.call(method, path, options);
  if (status !== 200) throw new Error(`${method} ${path} was answered with ${status}: ${text}`);
  return json;
};

const createTool = (name: string, client: Client): Tool => {
  const path = (rest: string): string => `/builds/v1/tool/${name}${rest}`;
  const get = async (id: string): Promise<Build> => (await ask(client, 'GET', path(`/builds/${id}`))).build as Build;
  return {
    name,
    client,
    path,
    get,
    start: async (url, parameters = {}) => {
      const body = { source_url: url, ...parameters };
      return ((await ask(client, 'POST', path('/builds'), { body })).new_build as { name: string }).name;
    },
    finished: async (id) => {
      await until(`the end of ${id}`, async () => finalStatuses.has((await get(id)).status));
      return get(id);
    },
    log: (id, query = '?follow=true') => linesOf(client, path(`/builds/${id}/logs${query}`)),
  };
};

/** Builds that still run would keep their slots, and their pods this machine's memory. */
const removeTool = async ({ client, path, name }: Tool): Promise<void> => {
  const { builds: left } = await ask(client, 'GET', path('/builds'));
  for (const { build_id } of left as Build[]) await ask(client, 'DELETE', path(`/builds/${build_id}`));
  const words = ['get', 'pipelineruns', '--namespace', builds, '-l', `user=${name}`, '-o', 'name'];
  await until(`the runs of ${name} are gone`, async () => (await kubectl(words)) === '');
  await kubectl(['delete', 'buildledger', name, '--namespace', builds, '--ignore-not-found']);
};

/** The deployed service, a git server, and tools to use it. */
export const openService = async (): Promise<Service> => {
  const gateway = await openGateway();
  const namespace = await makeNamespace();
  const git = await startGitServer(namespace);
  const tools: Tool[] = [];
  return {
    gateway,
    git,
    namespace,
    repository: async (name, files) => {
      const { url } = await git.commit(name, files);
      await git.fetch(`${url}/info/refs?service=git-upload-pack`);
      return url;
    },
    tool: async () => {
      const name = `e2e-${randomBytes(4).toString('hex')}`;
      const tool = createTool(name, await gateway.client(name));
      tools.push(tool);
      return tool;
    },
    kubectl: (words, input) => kubectl(['--namespace', builds, ...words], input),
    close: async () => {
      try {
        // A node whose API server was away for a minute counts as lost, and for some seconds more nothing on it is reached.
        for (const tool of tools) await eventually(() => removeTool(tool));
      } finally {
        await namespace.remove();
        await gateway.close();
      }
    },
  };
};

/** A repository whose build takes so many seconds, and says so each second. */
export const slow = (seconds: number): Files => ({
  'package.json': JSON.stringify({
    name: 'slow',
    version: '1.0.0',
    scripts: {
      build: `for i in $(seq ${seconds}); do echo "second $i"; sleep 1; done`,
      start: 'node server.js',
    },
  }),
  'server.js': "require('node:http').createServer((_, res) => res.end('slow')).listen(process.env.PORT || 8000);\n",
});
