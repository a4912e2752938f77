import { sleep } from '../../lib/abort.ts';
import type { Caller } from '../../openapi/generated/types.ts';
import { responseMs } from '../api.ts';
import { createCaller } from '../call.ts';
import { type ConnectOptions, sourcesOf, userAgent } from '../connect.ts';
import type { Environment } from '../environment.ts';
import { createSender } from '../http.ts';
import { authorityForTokens } from '../kubeconfig-trust.ts';
import { objectFrom } from '../responses.ts';
import { findApi, loadSettings, type Settings } from '../settings.ts';
import { type IssuerFetch, openIssuerFetch } from './issuer-fetch.ts';
import { openSessionFile, type SessionFile, sessionPath } from './session-file.ts';

/** The account of a user at one API: the stored sign-in, and access to the API and to the issuer of its tokens. */
export type Account = {
  base: URL;
  env: Environment;
  sessions: SessionFile;
  /** Sends HTTP requests for a sign-in, to the API and to the issuer of its tokens. */
  fetch: IssuerFetch;
  whoami: () => Promise<Caller>;
  /**
   * Returns the token from the environment, the sign-in or the kubeconfig; undefined when the user has a client
   * certificate instead.
   */
  token: () => Promise<string | undefined>;
};

const requestWhoami = async (settings: Settings, { terminal, version, trace }: ConnectOptions): Promise<Caller> => {
  for (const warning of settings.warnings) terminal.warning(warning);
  const send = await createSender(settings, userAgent(version), trace);
  const { retrying: onRetry } = terminal;
  const call = createCaller({ base: settings.base, send, onRetry, sleep, random: Math.random });
  const request = { method: 'GET', path: '/whoami', idleMs: responseMs, deadlineMs: responseMs } as const;
  const { response } = await call(request, { repeatable: true });
  return objectFrom<Caller>(response, settings.base, 'tools');
};

/**
 * Opens the user's account at the API whose address is in the settings.
 * @throws Failure when the API's address is missing or wrong
 */
export const openAccount = async (options: ConnectOptions): Promise<Account> => {
  const sources = { ...sourcesOf(options), needsTool: false };
  const { env, home } = sources;
  const api = await findApi(sources);
  const { base, trust } = api;
  const settings = () => loadSettings(sources, api);
  return {
    base,
    env,
    sessions: openSessionFile(sessionPath(env, home)),
    fetch: await openIssuerFetch(env, base, authorityForTokens(trust)),
    whoami: async () => requestWhoami(await settings(), options),
    token: async () => {
      const { session, token } = await settings();
      return session ? session() : token;
    },
  };
};
