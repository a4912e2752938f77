import type { Environment } from '../config/setting.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import type { Log } from '../log.ts';
import type { Listener } from './types.ts';

/** What a function is given besides its settings. */
type WireContext = {
  log: Log;
  /** Aborted on SIGTERM: every open stream then ends itself. */
  shutdown: AbortSignal;
  /** The variables that the settings were read from. The archiver's Job is started with some of the same variables. */
  environment: Environment;
};

/** Makes a function's dependencies from its settings, and returns what an app needs of that function. */
export type Wire<N extends readonly SettingName[], Wired> = (
  settings: Settings<N[number]>,
  context: WireContext,
) => Promise<Wired>;

/** What `wire.ts` of each function folder exports. */
export type Wiring<Wired> = {
  /** The settings that the function reads. */
  settingNames: readonly SettingName[];
  /** Called with the settings in `settingNames` only, which are all that the type of a wire.ts lets its code see. */
  wire: (settings: Settings, context: WireContext) => Promise<Wired>;
};

/** Releases what a function holds open, such as its connections to the API server. */
export type Closable = { close?: () => void };

/** Turns a wired function into HTTP: lib/http/app.ts for endpoints, lib/events/app.ts for events. */
export type App<Wired> = {
  createListener: (wired: Wired & { log: Log }) => Listener;
  /** Limit of a request's body in bytes. */
  maxBodyBytes: number;
};
