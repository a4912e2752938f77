import type { IncomingMessage } from 'node:http';
import { services } from '../functions/table.ts';
import type { Environment } from '../lib/config/setting.ts';
import { readSettings } from '../lib/config/settings.ts';
import { app as eventApp } from '../lib/events/app.ts';
import { app as endpointApp } from '../lib/http/app.ts';
import { findRoute } from '../lib/http/routing.ts';
import type { Listener } from '../lib/http/types.ts';
import type { App, Closable, Wiring } from '../lib/http/wiring.ts';
import type { Log } from '../lib/log.ts';

export type Functions = {
  /** Every endpoint of the contract on one listener. */
  api: Listener;
  /** Each event function by its name. */
  events: Record<string, Listener>;
  close(): void;
};

export type FunctionsOptions = {
  /** The same settings as on a cluster. */
  environment: Environment;
  log: Log;
  shutdown: AbortSignal;
};

type Running = Closable & { name: string; listener: Listener };

const namesOf = (kind: 'endpoint' | 'event'): string[] =>
  Object.entries(services).flatMap(([name, row]) => (row.kind === kind ? [name] : []));

const endpointNames = namesOf('endpoint');
const eventNames = namesOf('event');

const run = async <Wired extends Closable>(
  name: string,
  { settingNames, wire }: Wiring<Wired>,
  app: App<Wired>,
  { environment, log, shutdown }: FunctionsOptions,
): Promise<Running> => {
  const wired = await wire(readSettings(settingNames, environment), { log, shutdown, environment });
  const running = { name, listener: app.createListener({ ...wired, log }) };
  return wired.close ? { ...running, close: wired.close } : running;
};

const runEndpoint = async (name: string, options: FunctionsOptions): Promise<Running> =>
  run(name, await import(`../functions/${name}/wire.ts`), endpointApp, options);

const runEvent = async (name: string, options: FunctionsOptions): Promise<Running> =>
  run(name, await import(`../events/${name}/wire.ts`), eventApp, options);

/**
 * Returns the function that serves a request. All functions respond to an unknown path with the same 404, and to a
 * wrong method with the same 405, so the first function gets such a request.
 */
const functionFor = (req: IncomingMessage): string | undefined => {
  try {
    return findRoute(req).route.function;
  } catch {
    return endpointNames[0];
  }
};

const runAll = async (names: readonly string[], runOne: (name: string) => Promise<Running>): Promise<Running[]> => {
  const running: Running[] = [];
  // One after the other: Jest's module loader does not support concurrent imports.
  for (const name of names) running.push(await runOne(name));
  return running;
};

const byName = (running: Running[]): Record<string, Listener> =>
  Object.fromEntries(running.map(({ name, listener }) => [name, listener]));

/** Runs every function of the project in this process, each as its own wire.ts makes it. */
export const createFunctions = async (options: FunctionsOptions): Promise<Functions> => {
  const endpoints = await runAll(endpointNames, (name) => runEndpoint(name, options));
  const events = await runAll(eventNames, (name) => runEvent(name, options));
  const listeners = byName(endpoints);
  return {
    api: (req, res) => listeners[functionFor(req) ?? '']?.(req, res),
    events: byName(events),
    close: () => {
      for (const { close } of [...endpoints, ...events]) close?.();
    },
  };
};
