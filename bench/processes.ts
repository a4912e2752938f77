import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { retry } from '../lib/retry.ts';

/** Returns a TCP port of 127.0.0.1 that is free at the moment. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

/** Sends a request every millisecond until a server responds, and returns the response. */
export const firstSuccess = <T>(request: () => Promise<T>): Promise<T> =>
  retry({ attempts: Number.POSITIVE_INFINITY, delayMs: () => 1, isTemporary: () => true }, request);

/** Ends a process with SIGTERM, and waits for its end. Node writes its compile cache at SIGTERM, but not at SIGKILL. */
export const stopProcess = async (child: ChildProcess): Promise<void> => {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
};

/** Returns the resident set of a process in bytes. */
export const residentBytes = async ({ pid }: ChildProcess): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
};
