import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeApi, KubeApiOptions } from '../../../../embedded/kubernetes/api.ts';
import { createKubeApi } from '../../../../embedded/kubernetes/api.ts';
import type { KubeObject } from '../../../../embedded/kubernetes/types.ts';

export type Answer = {
  status: number;
  body: KubeObject & Record<string, never> & { items: KubeObject[]; code: number; reason: string; message: string };
};

export type Served = {
  api: KubeApi;
  url: string;
  folder: string;
  /** Sends JSON and reads JSON. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<Answer>;
  close(): Promise<void>;
};

export const ledgersPath = '/apis/builds.toolforge.org/v1alpha1/namespaces/ns/buildledgers';
export const runsPath = '/apis/tekton.dev/v1/namespaces/ns/pipelineruns';
export const podsPath = '/api/v1/namespaces/ns/pods';
export const secretsPath = '/api/v1/namespaces/ns/secrets';

export const temporaryFolder = async (): Promise<{ folder: string; remove(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
};

/** A Kubernetes API on a port of its own. */
export const serve = async (options: Partial<KubeApiOptions> = {}): Promise<Served> => {
  const temporary = options.folder === undefined ? await temporaryFolder() : undefined;
  const folder = options.folder ?? temporary?.folder ?? '';
  const api = await createKubeApi({ ...options, folder });
  const server = createServer((req, res) => api.handler(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    api,
    url,
    folder,
    call: (method, path, body, type) => call(url, method, path, body, type),
    async close() {
      await api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await temporary?.remove();
    },
  };
};

const call = async (
  url: string,
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<Answer> => {
  const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
  const response = await fetch(url + path, { method, ...init });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
};

export const ledger = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'builds.toolforge.org/v1alpha1',
  kind: 'BuildLedger',
  metadata: { name, ...metadata },
  spec,
});

export const secret = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, ...metadata },
});

export const pod = (name: string, containers: string[] = ['a'], metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: containers.map((container) => ({ name: container, image: 'any' })) },
});

export type WatchEvent = { type: string; object: KubeObject & { code?: number; reason?: string } };

/** Reads a watch's events until `enough` says so of all that came. */
export const watchUntil = async (url: string, enough: (events: WatchEvent[]) => boolean): Promise<WatchEvent[]> => {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  const events: WatchEvent[] = [];
  let rest = '';
  if (enough(events)) stop.abort();
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line) as WatchEvent));
      if (enough(events)) break;
    }
  } finally {
    stop.abort();
  }
  return events;
};
