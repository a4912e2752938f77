import { homedir } from 'node:os';
import { sleep } from '../lib/abort.ts';
import { type Api, createApi } from './api.ts';
import type { Environment } from './environment.ts';
import { createSender } from './http.ts';
import type { LogOptions } from './log-stream.ts';
import { loadSettings, type Sources } from './settings.ts';
import type { Terminal } from './terminal.ts';

export type ConnectOptions = {
  terminal: Terminal;
  env: Environment;
  /** Value of --tool. */
  tool: string | undefined;
  /** Value of --api-url. */
  apiUrl: string | undefined;
  version: string;
  /** Called with a line about each request. The line never holds a credential. */
  trace: (line: string) => void;
};

/** The API of one tool, and what following a log needs. */
export type Connection = { api: Api; log: LogOptions };

/** Returns the User-Agent header. */
export const userAgent = (version: string): string => `toolforge-build/${version} node/${process.versions.node}`;

/** Returns where the settings are read from. */
export const sourcesOf = ({ env, tool, apiUrl }: ConnectOptions): Sources => ({
  env,
  home: env.HOME || homedir(),
  etc: '/etc/toolforge',
  tool,
  apiUrl,
});

/**
 * Reads the settings and makes the API's client.
 * @throws Failure when a setting is missing or wrong
 */
export const connect = async (options: ConnectOptions): Promise<Connection> => {
  const { terminal, version, trace } = options;
  const settings = await loadSettings(sourcesOf(options));
  if (settings.unencryptedWarning) terminal.warning(settings.unencryptedWarning);
  trace(`tool ${settings.tool} at ${settings.base.href}`);
  const send = await createSender(settings, userAgent(version), trace);
  const timing = { base: settings.base, sleep, random: Math.random };
  const warn = (sentence: string) => terminal.warning(sentence);
  const api = createApi(settings.tool, { ...timing, send, warn });
  return { api, log: { ...timing, api, warn } };
};
