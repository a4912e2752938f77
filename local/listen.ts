import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const explain = (error: NodeJS.ErrnoException, port: number, setting: string): Error =>
  error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Set ${setting} to another one.`) : error;

/** On loopback only: the embedded platform is for one machine. @returns the port, which 0 leaves to the system */
export const listen = (server: Server, port: number, setting: string, host = '127.0.0.1'): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, port, setting)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

const graceMs = 1000;

/** Lets answers end that are under way, as streams do when they are told to; after a second they are cut. */
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
