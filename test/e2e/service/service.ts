import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../../../openapi/generated/types.ts';
import { eventually, type Json, kubectl, makeNamespace, type Namespace, waitTimeoutMs } from '../pipeline/cluster.ts';
import { type Files, type GitServer, startGitServer } from '../pipeline/git-pod.ts';
import { type CallOptions, type Client, type Gateway, openGateway } from './gateway.ts';

export const builds = 'image-build';

/** A line of a build's log, as the API sends it. */
export type LogLine = { line: string; cursor?: string; end?: { status: string; log: string } };

export type Service = {
  gateway: Gateway;
  git: GitServer;
  /** Namespace of the tests' git server. Tests send requests to other pods from the pod of the git server. */
  namespace: Namespace;
  /** Makes a git repository, and waits until it can be fetched. @returns the repository's URL */
  repository: (name: string, files: Files) => Promise<string>;
  /** Makes a tool for one test run. `close` removes the tool's ledger and builds. */
  tool: () => Promise<Tool>;
  /** Runs kubectl in the namespace of the builds. */
  kubectl: (words: string[], input?: string) => Promise<string>;
  close: () => Promise<void>;
};

export type Tool = {
  name: string;
  client: Client;
  path: (rest: string) => string;
  /** Starts a build. @returns the build's id @throws Error with status and body unless the status is 200 */
  start: (url: string, parameters?: Json) => Promise<string>;
  get: (id: string) => Promise<Build>;
  /** Waits until a build has a final status. @returns the build */
  finished: (id: string) => Promise<Build>;
  log: (id: string, query?: string) => AsyncGenerator<LogLine>;
};

const finalStatuses = new Set(['BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_CANCELLED', 'BUILD_TIMEOUT']);

/** Returns the names of a build's pods, one on each line. */
export const podsOf = (service: Service, id: string): Promise<string> =>
  service.kubectl(['get', 'pods', '-l', `tekton.dev/pipelineRun=${id}`, '-o', 'name']);

/**
 * Waits until a condition is true.
 * @param what the text for the condition in the error
 * @throws Error after `ms` milliseconds
 */
export const until = async (what: string, condition: () => Promise<boolean>, ms = waitTimeoutMs): Promise<void> => {
  for (const end = Date.now() + ms; !(await condition()); await delay(500)) {
    if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}`);
  }
};

async function* linesOf(client: Client, path: string): AsyncGenerator<LogLine> {
  const response = await client.open('GET', path);
  if (response.statusCode !== 200)
    throw new Error(`GET ${path}: status ${response.statusCode}: ${await text(response)}`);
  try {
    for await (const line of createInterface(response)) if (line) yield JSON.parse(line) as LogLine;
  } finally {
    // The response is destroyed, because the broken connection of a killed function would be an uncaught error.
    response.destroy();
  }
}

/** Sends a request. @returns the response's JSON body @throws Error with status and body unless the status is 200 */
const send = async (client: Client, method: string, path: string, options?: CallOptions): Promise<Json> => {
  const response = await client.call(method, path, options);
  if (response.status !== 200) throw new Error(`${method} ${path}: status ${response.status}: ${response.text}`);
  return response.json;
};

const createTool = (name: string, client: Client): Tool => {
  const path = (rest: string): string => `/builds/v1/tool/${name}${rest}`;
  const get = async (id: string): Promise<Build> => (await send(client, 'GET', path(`/builds/${id}`))).build as Build;
  return {
    name,
    client,
    path,
    get,
    start: async (url, parameters = {}) => {
      const body = { source_url: url, ...parameters };
      return ((await send(client, 'POST', path('/builds'), { body })).new_build as { name: string }).name;
    },
    finished: async (id) => {
      await until(`the end of ${id}`, async () => finalStatuses.has((await get(id)).status));
      return get(id);
    },
    log: (id, query = '?follow=true') => linesOf(client, path(`/builds/${id}/logs${query}`)),
  };
};

/** Deletes a tool's builds and ledger, because running builds would keep their slots and the memory of their pods. */
const removeTool = async ({ client, path, name }: Tool): Promise<void> => {
  const { builds: left } = await send(client, 'GET', path('/builds'));
  for (const { build_id } of left as Build[]) await send(client, 'DELETE', path(`/builds/${build_id}`));
  const words = ['get', 'pipelineruns', '--namespace', builds, '-l', `user=${name}`, '-o', 'name'];
  await until(`the runs of ${name} are gone`, async () => (await kubectl(words)) === '');
  await kubectl(['delete', 'buildledger', name, '--namespace', builds, '--ignore-not-found']);
};

/**
 * Opens the deployed service, and starts a git server for its builds.
 * @param through gateway for the requests. `close` closes it. Default: the deployed gateway
 */
export const openService = async (through?: Gateway): Promise<Service> => {
  const gateway = through ?? (await openGateway());
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
        // The removal is retried: a node that has had no API server for a minute counts as lost, and its pods can't be
        // reached for some more seconds.
        for (const tool of tools) await eventually(() => removeTool(tool));
      } finally {
        await namespace.remove();
        await gateway.close();
      }
    },
  };
};

/** Returns files of a repository whose build takes `seconds` seconds, and prints a line each second. */
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
