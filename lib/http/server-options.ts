import type { ServerOptions } from 'node:http';

/**
 * Options of a server for API requests. A client has 30 seconds to send a whole request, and the server checks this
 * every five seconds. Functions give up a body earlier (lib/http/body.ts), so this limit is for the headers, and for a
 * body that is discarded.
 */
export const serverOptions: Pick<ServerOptions, 'requestTimeout' | 'connectionsCheckingInterval'> = {
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5000,
};
