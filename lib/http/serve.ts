import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { environment, readSettings } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { acceptExpectations } from './body.ts';
import { serverOptions } from './server-options.ts';
import type { Listener } from './types.ts';
import type { App, Closable, Wiring } from './wiring.ts';

/**
 * Time limit in milliseconds for the open requests after an uncaught exception. After that time the process exits,
 * because the request that failed may never end.
 */
const lastRequestsMs = 10_000;

/**
 * Ends the process on SIGTERM, and after an uncaught exception, once the open requests are done. Log streams end when
 * the signal `shutdown` fires. Knative stops sending requests to an instance before it sends SIGTERM.
 */
const finishAtEnd = (server: Server, shutdown: AbortController, log: Log, close: () => void): void => {
  const finish = (code: number): void => {
    shutdown.abort();
    // The connections of open requests end with their responses.
    server.keepAliveTimeout = 1;
    server.close(() => {
      close();
      process.exit(code);
    });
    server.closeIdleConnections();
  };
  process.once('SIGTERM', () => finish(0));
  process.on('uncaughtException', (error) => {
    log('ERROR', 'uncaught exception, exiting', { error });
    if (shutdown.signal.aborted) return;
    setTimeout(() => process.exit(1), lastRequestsMs).unref();
    finish(1);
  });
};

/** Returns the headers of a request without the headers that say that the request has a body. */
const withoutBody = ({
  'content-length': _length,
  'transfer-encoding': _encoding,
  ...others
}: IncomingHttpHeaders): IncomingHttpHeaders => others;

/**
 * Registers a function with functions-framework and returns the framework's HTTP listener for the function. The
 * listener hides the body of a request from the framework, whose parsers would read up to 1 GiB before they call the
 * function. The function decides from the headers whether it reads the body.
 * @see docs/adr/0005-body-limit.md
 */
const frameworkListener = (name: string, listener: Listener): RequestListener => {
  const headersOf = new WeakMap<IncomingMessage, IncomingHttpHeaders>();
  http(name, (req, res) => {
    req.headers = headersOf.get(req) ?? req.headers;
    listener(req, res);
  });
  const [framework] = getTestServer(name).listeners('request') as RequestListener[];
  if (!framework) throw new Error('functions-framework made no listener');
  return (req, res) => {
    headersOf.set(req, req.headers);
    req.headers = withoutBody(req.headers);
    framework(req, res);
  };
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });

const stop = (name: string, error: unknown): never => {
  const reason = error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${name} can not start: ${reason}\n`);
  process.exit(1);
};

const start = async <Wired extends Closable>(
  name: string,
  { settingNames, wire }: Wiring<Wired>,
  { createListener }: App<Wired>,
): Promise<void> => {
  const log = createLog(name);
  const shutdown = new AbortController();
  const { port } = readSettings(['port']);
  const wired = await wire(readSettings(settingNames, environment, log), {
    log,
    shutdown: shutdown.signal,
    environment,
  });
  const listener = frameworkListener(name, createListener({ ...wired, log }));
  const server = createServer(serverOptions, listener);
  acceptExpectations(server, listener);
  const listening = await listen(server, port);
  finishAtEnd(server, shutdown, log, () => wired.close?.());
  log('INFO', 'listening', { port: listening });
};

/**
 * Main program of every function: reads the function's settings, wires the function, and listens on PORT until SIGTERM.
 * A wrong setting ends the process with exit code 1 and a line that names the setting.
 * @param name the function's name in its log and in functions-framework
 * @param wiring the exports of the function's wire.ts
 * @param app makes an HTTP listener from the wired function
 */
export const serve = async <Wired extends Closable>(
  name: string,
  wiring: Wiring<Wired>,
  app: App<Wired>,
): Promise<void> => {
  try {
    await start(name, wiring, app);
  } catch (error) {
    stop(name, error);
  }
};
