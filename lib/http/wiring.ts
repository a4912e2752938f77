import type { Environment } from '../config/setting.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import type { Log } from '../log.ts';
import type { Listener } from './types.ts';

/** Objects that a function's `wire` receives besides the function's settings. */
type WireContext = {
  log: Log;
  /** Signal that fires on SIGTERM, so that every open log stream ends. */
  shutdown: AbortSignal;
  /** Environment variables from which the settings were read. Some of them are passed on to the archiver's Job. */
  environment: Environment;
};

/** Makes a function's dependencies from its settings, and returns the objects that the function's app needs. */
export type Wire<N extends readonly SettingName[], Wired> = (
  settings: Settings<N[number]>,
  context: WireContext,
) => Promise<Wired>;

/** Exports of a function's wire.ts. */
export type Wiring<Wired> = {
  /** Names of the settings that the function reads. */
  settingNames: readonly SettingName[];
  /** Makes the function's dependencies. Receives only the settings that `settingNames` lists. */
  wire: (settings: Settings, context: WireContext) => Promise<Wired>;
};

/** Releases the resources of a function, such as its connections to the API server. */
export type Closable = { close?: () => void };

/**
 * Makes the HTTP listener of a wired function: lib/http/app.ts for API operations, lib/events/app.ts for CloudEvents.
 */
export type App<Wired> = {
  createListener: (wired: Wired & { log: Log }) => Listener;
};
