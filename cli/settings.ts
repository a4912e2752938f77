import { join } from 'node:path';
import { type Fields, isObject, textAt } from '../lib/json-values.ts';
import type { Environment } from './environment.ts';
import { exitCodes, Failure } from './failure.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';
import { openSession, type SessionToken } from './session/session-token.ts';
import { apiTls, type Tls } from './tls.ts';
import { isUnencrypted } from './unencrypted.ts';
import { readYaml } from './yaml-file.ts';

export type Settings = {
  /** Name of the tool that a command works for; empty when the command needs no tool and the user names none. */
  tool: string;
  /**
   * The API's address without the part from /tool on and without a trailing slash:
   * https://api.example.org:30003/builds/v1
   */
  base: URL;
  /** Token from TOOLFORGE_TOKEN or the kubeconfig; undefined when the user has another credential. */
  token: string | undefined;
  /**
   * Returns the token of a sign-in or of TOOLFORGE_TOKEN_COMMAND, renewed before it expires; undefined when the user
   * has another credential.
   */
  session: SessionToken | undefined;
  /** A warning that the token is sent over a network unencrypted; undefined when it is not. */
  unencryptedWarning: string | undefined;
  /** TLS options of connections to the API; undefined when the API's address is plain http. */
  tls: Tls | undefined;
};

/** Sources of the settings of `toolforge-build`: the environment, folders, and command-line options. */
export type Sources = {
  env: Environment;
  home: string;
  /** Folder with the configuration files for all users of the machine, such as /etc/toolforge. */
  etc: string;
  /** Value of the command-line option --tool. */
  tool: string | undefined;
  /** Value of the command-line option --api-url. */
  apiUrl: string | undefined;
  /** Whether a command works for one tool, so that a tool must be named. Default: true. */
  needsTool?: boolean;
};

/**
 * Reads the configuration files of Toolforge's Python clients, in the order in which these clients read them. A section
 * of a later file replaces the section of the same name of an earlier file.
 */
export const readSections = async ({ env, home, etc }: Sources): Promise<Fields> => {
  const files = [
    join(etc, 'builds.yaml'),
    join(etc, 'common.yaml'),
    join(home, '.toolforge.yaml'),
    join(home, '.config', 'toolforge.yaml'),
    ...(env.XDG_CONFIG_HOME ? [join(env.XDG_CONFIG_HOME, 'toolforge.yaml')] : []),
  ];
  const contents = await Promise.all(files.map(readYaml));
  return Object.assign({}, ...contents.filter(isObject)) as Fields;
};

const parseAddress = (text: string, source: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.host === '') {
    throw new Failure(exitCodes.usage, `${source} must be an http or https URL, not "${text}".`);
  }
  return url;
};

/**
 * Returns the API's address from --api-url, TOOL_TOOLFORGE_API_URL or the configuration files, in this order.
 * @throws Failure when no source has an address, or the address is no http or https URL
 */
export const baseAddress = (sources: Sources, sections: Fields): URL => {
  const candidates: Array<[string, string | undefined]> = [
    ['--api-url', sources.apiUrl],
    ['TOOL_TOOLFORGE_API_URL', sources.env.TOOL_TOOLFORGE_API_URL],
    ['api_gateway.url', textAt(sections, 'api_gateway', 'url')],
  ];
  const found = candidates.find(([, value]) => value);
  if (!found?.[1]) {
    throw new Failure(exitCodes.usage, 'The address of the API is not configured.', {
      hint: 'Pass --api-url URL, set TOOL_TOOLFORGE_API_URL, or put `api_gateway: {url: …}` into ~/.toolforge.yaml.',
    });
  }
  const url = parseAddress(found[1], found[0]);
  const endpoint = textAt(sections, 'builds', 'builds_endpoint') ?? '/builds/v1';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${endpoint.replace(/^\/+|\/+$/g, '')}`;
  url.search = '';
  url.hash = '';
  return url;
};

const toolName = ({ tool, env, needsTool = true }: Sources, kubeconfig: Kubeconfig | undefined): string => {
  const name = tool || env.TOOLFORGE_TOOL || kubeconfig?.namespace?.replace(/^tool-/, '');
  if (name || !needsTool) return name ?? '';
  throw new Failure(exitCodes.usage, 'No tool is named.', {
    hint: 'Run this as a tool (`become TOOL`), pass --tool TOOL, or set TOOLFORGE_TOOL.',
  });
};

const noCredential = (kubeconfig: Kubeconfig | undefined): Failure => {
  const reason = kubeconfig ? `${kubeconfig.path} holds neither certificate nor token` : 'there is no kubeconfig';
  return new Failure(exitCodes.notAllowed, `There is no credential: you are not signed in, and ${reason}.`, {
    hint: 'Sign in with `toolforge-build login`, run this as a tool (`become TOOL`), or set TOOLFORGE_TOKEN.',
  });
};

const sessionFor = async ({ env, home }: Sources, base: URL): Promise<SessionToken | undefined> => {
  const command = env.TOOLFORGE_TOKEN_COMMAND;
  if (!command) return openSession(env, home, base);
  return (await import('./session/token-command.ts')).commandToken(command, env);
};

type Credential = Pick<Settings, 'token' | 'session'>;

/**
 * Returns the first credential that the user has: TOOLFORGE_TOKEN, TOOLFORGE_TOKEN_COMMAND, a sign-in to the API at
 * `base`, the kubeconfig's client certificate, the kubeconfig's token. For a client certificate both properties are
 * undefined.
 */
const credentialFor = async (sources: Sources, base: URL, kubeconfig: Kubeconfig | undefined): Promise<Credential> => {
  const ownToken = sources.env.TOOLFORGE_TOKEN?.trim();
  if (ownToken) return { token: ownToken, session: undefined };
  const session = await sessionFor(sources, base);
  if (session) return { token: undefined, session };
  if (kubeconfig?.certificate) return { token: undefined, session: undefined };
  if (!kubeconfig?.token) throw noCredential(kubeconfig);
  return { token: kubeconfig.token, session: undefined };
};

/**
 * Reads the settings of `toolforge-build`: the tool, the API's address and the user's credential.
 * @throws Failure that names the setting that is missing or wrong
 */
export const loadSettings = async (sources: Sources): Promise<Settings> => {
  const [kubeconfig, sections] = await Promise.all([readKubeconfig(sources.env, sources.home), readSections(sources)]);
  const base = baseAddress(sources, sections);
  const credential = await credentialFor(sources, base, kubeconfig);
  const hasToken = Boolean(credential.token || credential.session);
  return {
    tool: toolName(sources, kubeconfig),
    base,
    ...credential,
    unencryptedWarning:
      hasToken && isUnencrypted(base) ? `Your token is sent to ${base.origin} unencrypted: use https.` : undefined,
    tls: base.protocol === 'https:' ? await apiTls(sources.env, kubeconfig, !hasToken) : undefined,
  };
};
