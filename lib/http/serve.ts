import { createServer, type RequestListener, type Server } from 'node:http';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { readSettings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { maxBodyBytes, readBody } from './body.ts';
import { sendError } from './respond.ts';
import type { Listener } from './types.ts';

export type Served = { listener: Listener; close?: () => void };

/** How long others' requests may go on after an error that nobody caught: the one it came from may never end. */
const lastMs = 10_000;

/**
 * Knative stops sending requests before SIGTERM, but what is open must end; streams end at `shutdown`. The same after an
 * error that nobody caught: in what state that left the process nobody knows, but its other requests are not to blame.
 */
const finishAtEnd = (server: Server, shutdown: AbortController, log: Log, close: () => void): void => {
  const finish = (code: number): void => {
    shutdown.abort();
    server.close(() => {
      close();
      process.exit(code);
    });
    server.closeIdleConnections();
  };
  process.once('SIGTERM', () => finish(0));
  process.on('uncaughtException', (error) => {
    log('ERROR', 'an error that nobody caught: this process ends', { error });
    if (shutdown.signal.aborted) return;
    setTimeout(() => process.exit(1), lastMs).unref();
    finish(1);
  });
};

/**
 * functions-framework reads any body up to 1 GiB into memory before the function sees it. Read here first, within our
 * limit, it finds nothing left to read.
 */
const withBodyLimit =
  (framework: RequestListener, limit: number, log: Log): RequestListener =>
  (req, res) =>
    void readBody(req, limit).then(
      () => framework(req, res),
      (error: unknown) => sendError(res, error, log),
    );

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });

const stop = (name: string, error: unknown): never => {
  const what = error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${name} can not start: ${what}\n`);
  process.exit(1);
};

/**
 * Runs a function: wires it, registers it with functions-framework and listens on PORT until SIGTERM.
 * A wrong setting ends the process with its name and what it should be.
 * @param bodyLimit in bytes
 */
export const serve = async (
  name: string,
  wire: (log: Log, shutdown: AbortSignal) => Promise<Served>,
  bodyLimit = maxBodyBytes,
): Promise<void> => {
  try {
    const log = createLog(name);
    const shutdown = new AbortController();
    const { port } = readSettings(['port']);
    const { listener, close } = await wire(log, shutdown.signal);
    http(name, listener);
    const [framework] = getTestServer(name).listeners('request') as RequestListener[];
    if (!framework) throw new Error('functions-framework made no listener');
    const server = createServer({ requestTimeout: 60_000 }, withBodyLimit(framework, bodyLimit, log));
    await listen(server, port);
    finishAtEnd(server, shutdown, log, () => close?.());
    log('INFO', 'listening', { port: (server.address() as { port: number }).port });
  } catch (error) {
    stop(name, error);
  }
};
