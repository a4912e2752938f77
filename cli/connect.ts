import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from './api.ts';
import { type Context, text, type Values } from './context.ts';
import { createSender } from './http.ts';
import { loadSettings, type Sources } from './settings.ts';
import type { Terminal } from './terminal.ts';

export type Connecting = {
  terminal: Terminal;
  env: Record<string, string | undefined>;
  values: Values;
  version: string;
  trace: (line: string) => void;
};

export const agentName = (version: string): string => `toolforge-build/${version} node/${process.versions.node}`;

/** Where settings come from. */
export const sourcesOf = ({ env, values }: Connecting): Sources => ({
  env,
  home: env.HOME || homedir(),
  etc: '/etc/toolforge',
  tool: text(values, 'tool'),
  apiUrl: text(values, 'api-url'),
});

/** Reads the settings and makes the API's client. @throws Failure when a setting is missing or wrong */
export async function connect(connecting: Connecting): ReturnType<Context['connect']> {
  const { terminal, version, trace } = connecting;
  const settings = await loadSettings(sourcesOf(connecting));
  if (settings.clearText) terminal.warning(settings.clearText);
  trace(`tool ${settings.tool} at ${settings.base.href}`);
  const send = await createSender(settings, agentName(version), trace);
  const timing = { base: settings.base, sleep: (ms: number) => sleep(ms), random: Math.random };
  const tell = (sentence: string) => terminal.warning(sentence);
  const api = createApi(settings.tool, { ...timing, send, tell });
  return { api, log: { ...timing, api, tell } };
}
