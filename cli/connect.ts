import { homedir } from 'node:os';
import { sleep } from '../lib/abort.ts';
import { proxyAddress } from '../lib/proxy/choose.ts';
import { type Api, createApi } from './api.ts';
import type { Environment } from './environment.ts';
import { createSender } from './http.ts';
import type { LogOptions } from './log-stream.ts';
import { loadSettings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { Terminal } from './terminal.ts';

export type ConnectOptions = {
  /** Shows warnings, and for how long a request is repeated. */
  terminal: Pick<Terminal, 'warning' | 'retrying'>;
  env: Environment;
  /** Value of the command-line option --tool. */
  tool: string | undefined;
  /** Value of the command-line option --api-url. */
  apiUrl: string | undefined;
  version: string;
  /** Called with a line about each HTTP request, which --verbose prints. The line never holds a credential. */
  trace: (line: string) => void;
  /** Whether getting a token may take long: see Sources. Default: true. */
  mayTakeLong?: boolean;
};

/** A client of the API for one tool, and the options for following the log of a build. */
export type Connection = { api: Api; log: LogOptions };

/** Returns the User-Agent header of requests, such as `toolforge-build/1.0.0 node/24.0.0`. */
export const userAgent = (version: string): string => `toolforge-build/${version} node/${process.versions.node}`;

/** Returns the sources of the settings of `toolforge-build`: the environment, folders and command-line options. */
export const sourcesOf = ({ env, tool, apiUrl, mayTakeLong = true }: ConnectOptions): Sources => ({
  env,
  mayTakeLong,
  home: env.HOME || homedir(),
  etc: '/etc/toolforge',
  tool,
  apiUrl,
});

/**
 * Reads the settings, and returns a client of the API for the tool that the settings name.
 * @throws Failure when a setting is missing or wrong
 */
export const connect = async (options: ConnectOptions): Promise<Connection> => {
  const { terminal, version, trace } = options;
  const settings = await loadSettings(sourcesOf(options));
  for (const warning of settings.warnings) terminal.warning(warning);
  const way = settings.route ? ` through the proxy ${proxyAddress(settings.route.proxy)}` : '';
  trace(`tool ${settings.tool} at ${settings.base.href}${way}`);
  const send = await createSender(settings, userAgent(version), trace);
  const timing = { base: settings.base, sleep, random: Math.random };
  const { retrying: onRetry } = terminal;
  const api = createApi(settings.tool, { ...timing, send, onRetry });
  return { api, log: { ...timing, api, onRetry } };
};
