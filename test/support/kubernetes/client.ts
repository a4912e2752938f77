import { createKube, type Kube } from '../../../lib/kube/client.ts';
import type { KubeConnection } from '../../../lib/kube/connection.ts';
import { createTransport } from '../../../lib/kube/transport.ts';

export const namespace = 'image-build';

/** Returns the settings of a connection to a Kubernetes API over plain HTTP. */
export const connectionTo = (url: string, authorization?: string): KubeConnection => ({
  server: new URL(url),
  namespace,
  tls: {},
  authorization: async () => authorization,
});

export type ClientOptions = {
  /** Limit of attempts to send a request, the first one included. Default: 3. */
  attempts?: number;
  /** Time limit for one response of the Kubernetes API, in milliseconds. Default: 30 s. */
  timeoutMs?: number;
};

/**
 * Makes a client of the kind that the service uses, for the Kubernetes API of a test. The client does not wait between
 * attempts, so that tests are fast.
 */
export const kubeTo = (url: string, { attempts = 3, timeoutMs = 30_000 }: ClientOptions = {}): Kube =>
  createKube(
    createTransport({ connection: connectionTo(url), timeoutMs, attempts, sleep: async () => undefined }),
    namespace,
  );
