import type { ServerOptions } from 'node:http';

/**
 * Options of a server for API requests. A client has 30 seconds to send a whole request, and the server checks this
 * every five seconds. Functions give up a body earlier (lib/http/body.ts), so this limit is for the headers, and for a
 * body that is discarded.
 *
 * An idle connection stays open for two minutes, longer than a proxy in front of the server keeps it: Go's transport,
 * which Knative's queue proxy uses, closes it after 90 seconds, and nginx after 60. If the server closed it first, the
 * proxy could be sending a request on it just then, and would answer 502 to a request that it may not repeat.
 */
export const serverOptions: Pick<ServerOptions, 'requestTimeout' | 'connectionsCheckingInterval' | 'keepAliveTimeout'> =
  {
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 120_000,
  };
