import { createServer, type RequestListener, type Server } from 'node:http';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { environment, readSettings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { readBody } from './body.ts';
import { sendError } from './respond.ts';
import type { App, Closable, Wiring } from './wiring.ts';

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
 * The main of every function: reads its settings, wires it, registers it with functions-framework and listens on PORT
 * until SIGTERM. A wrong setting ends the process with a line that names the setting.
 * @param name what the log and functions-framework call the function
 * @param wiring what the function's wire.ts exports
 */
export const serve = async <Wired extends Closable>(
  name: string,
  { settingNames, wire }: Wiring<Wired>,
  { createListener, maxBodyBytes }: App<Wired>,
): Promise<void> => {
  try {
    const log = createLog(name);
    const shutdown = new AbortController();
    const { port } = readSettings(['port']);
    const wired = await wire(readSettings(settingNames), { log, shutdown: shutdown.signal, environment });
    http(name, createListener({ ...wired, log }));
    const [framework] = getTestServer(name).listeners('request') as RequestListener[];
    if (!framework) throw new Error('functions-framework made no listener');
    const server = createServer({ requestTimeout: 60_000 }, withBodyLimit(framework, maxBodyBytes, log));
    await listen(server, port);
    finishAtEnd(server, shutdown, log, () => wired.close?.());
    log('INFO', 'listening', { port: (server.address() as { port: number }).port });
  } catch (error) {
    stop(name, error);
  }
};
