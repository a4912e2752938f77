import { createKube, type Kube } from '../../../lib/kube/client.ts';
import type { KubeConnection } from '../../../lib/kube/connection.ts';
import { createTransport } from '../../../lib/kube/transport.ts';

export const namespace = 'image-build';

/** Returns a connection over plain HTTP. */
export const connectionTo = (url: string, authorization?: string): KubeConnection => ({
  server: new URL(url),
  namespace,
  tls: {},
  authorization: async () => authorization,
});

export type ClientOptions = {
  /** How often a request is sent. Default 3. */
  attempts?: number;
  /** Limit for one response in milliseconds. Default 30 s. */
  timeoutMs?: number;
};

/** Makes the service's own client for an API server. The client does not wait between attempts. */
export const kubeTo = (url: string, { attempts = 3, timeoutMs = 30_000 }: ClientOptions = {}): Kube =>
  createKube(
    createTransport({ connection: connectionTo(url), timeoutMs, attempts, sleep: async () => undefined }),
    namespace,
  );
