import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { idleTimeoutMs } from '../lib/http/server-options.ts';

const explain = (error: NodeJS.ErrnoException, port: number, setting: string): Error =>
  error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Set ${setting} to another port.`) : error;

/**
 * Makes a server listen on loopback only, because the embedded platform is for one machine.
 * @param port 0 for a free port
 * @param setting name of the setting with the port
 * @returns the port on which the server listens
 * @throws Error that names the setting when the port is in use
 */
export const listen = (server: Server, port: number, setting: string, host = '127.0.0.1'): Promise<number> =>
  new Promise((resolve, reject) => {
    server.keepAliveTimeout = idleTimeoutMs;
    server.once('error', (error) => reject(explain(error, port, setting)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

const graceMs = 1000;

/** Closes an HTTP server. Open responses have one second to end; then their connections are closed. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const late = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(late);
      resolve();
    });
  });
