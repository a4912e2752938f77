import type { Caller } from '../../openapi/generated/types.ts';
import { objectFrom } from '../answers.ts';
import { agentName, type Connecting, sourcesOf } from '../connect.ts';
import { createSender } from '../http.ts';
import { createCaller } from '../retry.ts';
import { baseAddress, loadSettings, readSections, type Settings } from '../settings.ts';
import type { Exchange } from './exchange.ts';
import { openSessions, type SessionFile, sessionPath } from './file.ts';
import { findIssuer, type Issuer } from './issuer.ts';
import { openExchange } from './trusted.ts';

/** Signing in to one API and out of it, and who one is to it. */
export type Account = {
  base: URL;
  env: Connecting['env'];
  sessions: SessionFile;
  /** To the issuer. */
  exchange: Exchange;
  issuer: () => Promise<Issuer>;
  whoami: () => Promise<Caller>;
  /** What proves who calls: TOOLFORGE_TOKEN, the session or the kubeconfig's token; undefined for a certificate. */
  token: () => Promise<string | undefined>;
};

const ANSWER_TIME = 30_000;

async function askWhoami(settings: Settings, { terminal, version, trace }: Connecting): Promise<Caller> {
  const send = await createSender(settings, agentName(version), trace);
  const { setTimeout: sleep } = await import('node:timers/promises');
  const timing = { sleep: (ms: number) => sleep(ms), random: Math.random };
  const tell = (sentence: string) => terminal.warning(sentence);
  const call = createCaller({ base: settings.base, send, tell, ...timing });
  const request = { method: 'GET', path: '/whoami', silence: ANSWER_TIME, deadline: ANSWER_TIME } as const;
  const { answer } = await call(request, { repeatable: true });
  return objectFrom<Caller>(answer, settings.base, 'tools');
}

/** @throws Failure when the API's address is missing or wrong */
export async function openAccount(connecting: Connecting): Promise<Account> {
  const sources = { ...sourcesOf(connecting), needsTool: false };
  const { env, home } = sources;
  const base = baseAddress(sources, await readSections(sources));
  const exchange = await openExchange(sources, base);
  const settings = () => loadSettings(sources);
  return {
    base,
    env,
    sessions: openSessions(sessionPath(env, home)),
    exchange,
    issuer: () => findIssuer(exchange, base),
    whoami: async () => askWhoami(await settings(), connecting),
    token: async () => {
      const { session, token } = await settings();
      return session ? session() : token;
    },
  };
}
