import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from './api.ts';
import { type Context, text, type Values } from './context.ts';
import { createSender } from './http.ts';
import { loadSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';

type Connecting = {
  terminal: Terminal;
  env: Record<string, string | undefined>;
  values: Values;
  version: string;
  trace: (line: string) => void;
};

/** Reads the settings and makes the API's client. @throws Failure when a setting is missing or wrong */
export async function connect({ terminal, env, values, version, trace }: Connecting): ReturnType<Context['connect']> {
  const flags = { tool: text(values, 'tool'), apiUrl: text(values, 'api-url') };
  const settings = await loadSettings({ env, home: env.HOME || homedir(), etc: '/etc/toolforge', ...flags });
  if (settings.clearText) terminal.warning(settings.clearText);
  trace(`tool ${settings.tool} at ${settings.base.href}`);
  const send = await createSender(settings, `toolforge-build/${version} node/${process.versions.node}`, trace);
  const timing = { base: settings.base, sleep: (ms: number) => sleep(ms), random: Math.random };
  const tell = (sentence: string) => terminal.warning(sentence);
  const api = createApi(settings.tool, { ...timing, send, tell });
  return { api, log: { ...timing, api, tell } };
}
