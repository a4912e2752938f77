import type { ServerOptions } from 'node:http';

/**
 * Time for which a server keeps an idle connection open, in milliseconds: 2 minutes, longer than a proxy in front of the
 * server does. Go's transport, which Knative's queue proxy uses, closes it after 90 seconds, and nginx after 60. If the
 * server closed it first, a client could be sending a request on it just then. A proxy then answers 502, because it may
 * not repeat each request, and `fetch` fails.
 */
export const idleTimeoutMs = 120_000;

/**
 * Options of a server for API requests. A client has 30 seconds to send a whole request, and the server checks this
 * every five seconds. Functions give up a body earlier (lib/http/body.ts), so this limit is for the headers, and for a
 * body that is discarded.
 */
export const serverOptions: Pick<ServerOptions, 'requestTimeout' | 'connectionsCheckingInterval' | 'keepAliveTimeout'> =
  {
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: idleTimeoutMs,
  };
