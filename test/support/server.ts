import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type TestServer = { url: string; server: Server; close(): Promise<void> };

/**
 * Starts an HTTP server for a test on a free port of the loopback address. The server closes no idle connection: in a
 * process that is slow, `fetch` could be sending a request on it just then.
 */
export const startServer = async (listener: RequestListener): Promise<TestServer> => {
  const server = createServer({ keepAliveTimeout: 0 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
