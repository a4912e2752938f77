import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeApi, type KubeApi } from '../../embedded/kubernetes/api.ts';
import { createKube, type Kube } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { createTransport } from '../../lib/kube/transport.ts';
import { startServer } from './server.ts';

export const connectionTo = (url: string, authorization?: string): Connection => ({
  server: new URL(url),
  namespace: 'image-build',
  tls: {},
  authorization: async () => authorization,
});

/** A client with a short timeout and no delay between attempts, for servers that misbehave on purpose. */
export const kubeTo = (url: string, attempts = 3, timeoutMs = 2000): Kube =>
  createKube(
    createTransport({ connection: connectionTo(url), timeoutMs, attempts, sleep: async () => undefined }),
    'image-build',
  );

export type TestCluster = { api: KubeApi; url: string; requests: string[]; kube(): Kube; close(): Promise<void> };

/** The embedded Kubernetes API on a folder of its own. `requests` lists what it was asked. */
export const startCluster = async (): Promise<TestCluster> => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-'));
  const api = await createKubeApi({ folder });
  const requests: string[] = [];
  const server = await startServer((req, res) => {
    requests.push(`${req.method} ${req.url}`);
    api.handler(req, res);
  });
  const clients: Kube[] = [];
  return {
    api,
    url: server.url,
    requests,
    kube: () => {
      const kube = kubeTo(server.url, 3, 30_000);
      clients.push(kube);
      return kube;
    },
    close: async () => {
      for (const client of clients) client.close();
      await api.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
