import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { ServiceRow } from '../functions/row.ts';
import { services } from '../functions/table.ts';
import type { Environment } from '../lib/config/setting.ts';
import { readSettings } from '../lib/config/settings.ts';
import { eventApp } from '../lib/events/app.ts';
import { apiApp as endpointApp } from '../lib/http/app.ts';
import { sendJson } from '../lib/http/respond.ts';
import { findRoute } from '../lib/http/routing.ts';
import type { Listener } from '../lib/http/types.ts';
import type { App, Closable, Wiring } from '../lib/http/wiring.ts';
import type { Log } from '../lib/log.ts';
import { pageApp } from '../lib/page/app.ts';

export type Functions = {
  /** Listener of the API, which serves every endpoint of the OpenAPI contract. */
  api: Listener;
  /** Listener of the web page. */
  page: Listener;
  /** Listeners of the event functions, by the function's name. */
  events: Record<string, Listener>;
  close(): void;
};

export type FunctionsOptions = {
  /** Returns the environment variables with a function's settings, under the same names as on a cluster. */
  environmentOf: (name: string) => Environment;
  log: Log;
  shutdown: AbortSignal;
};

type Kind = ServiceRow['kind'];
type Running = Closable & { name: string; kind: Kind; listener: Listener };

const rows = Object.entries(services).map(([name, { kind }]) => ({ name, kind }));
const firstEndpoint = rows.find(({ kind }) => kind === 'endpoint')?.name;

const run = async <Wired extends Closable>(
  row: { name: string; kind: Kind },
  { settingNames, wire }: Wiring<Wired>,
  app: App<Wired>,
  { environmentOf, log, shutdown }: FunctionsOptions,
): Promise<Running> => {
  const environment = environmentOf(row.name);
  const wired = await wire(readSettings(settingNames, environment, log), { log, shutdown, environment });
  const running = { ...row, listener: app.createListener({ ...wired, log }) };
  return wired.close ? { ...running, close: wired.close } : running;
};

const unbuilt: Listener = (_, res) =>
  sendJson(res, 503, {
    error: ['The page is not built. Run `npm run build:page`, and start again.'],
    code: 'unavailable',
  });

/** Runs the function of the page. Tests of the API, and work on the API, need no built page. */
const runPage = async (row: { name: string; kind: Kind }, options: FunctionsOptions): Promise<Running> => {
  const { WEB_FOLDER: folder = '' } = options.environmentOf(row.name);
  if (!existsSync(folder)) return { ...row, listener: unbuilt };
  return run(row, await import('../functions/web/wire.ts'), pageApp, options);
};

const runRow = async (row: { name: string; kind: Kind }, options: FunctionsOptions): Promise<Running> => {
  if (row.kind === 'event') return run(row, await import(`../events/${row.name}/wire.ts`), eventApp, options);
  if (row.kind === 'page') return runPage(row, options);
  return run(row, await import(`../functions/${row.name}/wire.ts`), endpointApp, options);
};

/**
 * Returns the function that serves a request. All functions respond to an unknown path with the same 404, and to a
 * wrong method with the same 405, so the first function gets such a request.
 */
const functionFor = (req: IncomingMessage): string | undefined => {
  try {
    return findRoute(req).route.function;
  } catch {
    return firstEndpoint;
  }
};

const closeAll = (running: readonly Running[]): void => {
  for (const { close } of running) close?.();
};

/** Runs functions one after the other, since Jest's module loader does not support concurrent imports. */
const runAll = async (options: FunctionsOptions): Promise<Running[]> => {
  const running: Running[] = [];
  try {
    for (const row of rows) running.push(await runRow(row, options));
    return running;
  } catch (error) {
    closeAll(running);
    throw error;
  }
};

const listenersOf = (running: Running[], wanted: Kind): Record<string, Listener> =>
  Object.fromEntries(running.flatMap(({ name, kind, listener }) => (kind === wanted ? [[name, listener]] : [])));

/** Runs every function of the project in this process, each as its own wire.ts makes it. */
export const createFunctions = async (options: FunctionsOptions): Promise<Functions> => {
  const running = await runAll(options);
  const endpoints = listenersOf(running, 'endpoint');
  return {
    api: (req, res) => endpoints[functionFor(req) ?? '']?.(req, res),
    page: (req, res) => listenersOf(running, 'page').web?.(req, res),
    events: listenersOf(running, 'event'),
    close: () => closeAll(running),
  };
};
