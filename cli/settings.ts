import { join } from 'node:path';
import { isSection, type Section, textAt } from '../lib/kube/kubeconfig-file.ts';
import { isReadable } from './clear-text.ts';
import { EXIT, Failure } from './failure.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';
import { openSession, type SessionToken } from './session/session.ts';
import { authorities } from './trust.ts';
import { readYaml } from './yaml-file.ts';

type Environment = Record<string, string | undefined>;

export type Tls = {
  ca: string[];
  verify: boolean;
  certificate: { cert: string; key: string } | undefined;
};

export type Settings = {
  /** Empty where none is named and none is needed. */
  tool: string;
  /** Everything before /tool/…, without a trailing slash, for instance https://api.example.org:30003/builds/v1. */
  base: URL;
  token: string | undefined;
  /** Where one signed in with `login`: the token as it is now. */
  session: SessionToken | undefined;
  /** A warning, when the token crosses a network in clear text. */
  clearText: string | undefined;
  /** Undefined when the address is plain http. */
  tls: Tls | undefined;
};

export type Sources = {
  env: Environment;
  home: string;
  /** Where the machine's configuration lies. */
  etc: string;
  /** --tool and --api-url. */
  tool: string | undefined;
  apiUrl: string | undefined;
  /** Whether the command works for a tool; true when absent. */
  needsTool?: boolean;
};

/** The files today's clients read, in their order: a section of a later file replaces that of an earlier one. */
export async function readSections({ env, home, etc }: Sources): Promise<Section> {
  const files = [
    join(etc, 'builds.yaml'),
    join(etc, 'common.yaml'),
    join(home, '.toolforge.yaml'),
    join(home, '.config', 'toolforge.yaml'),
    ...(env.XDG_CONFIG_HOME ? [join(env.XDG_CONFIG_HOME, 'toolforge.yaml')] : []),
  ];
  const contents = await Promise.all(files.map(readYaml));
  return Object.assign({}, ...contents.filter(isSection)) as Section;
}

function parseAddress(text: string, source: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.host === '') {
    throw new Failure(EXIT.usage, `${source} must be an http or https URL, not "${text}".`);
  }
  return url;
}

export function baseAddress(sources: Sources, sections: Section): URL {
  const candidates: Array<[string, string | undefined]> = [
    ['--api-url', sources.apiUrl],
    ['TOOL_TOOLFORGE_API_URL', sources.env.TOOL_TOOLFORGE_API_URL],
    ['api_gateway.url', textAt(sections, 'api_gateway', 'url')],
  ];
  const found = candidates.find(([, value]) => value);
  if (!found?.[1]) {
    throw new Failure(EXIT.usage, 'The address of the API is not configured.', {
      hint: 'Pass --api-url URL, set TOOL_TOOLFORGE_API_URL, or put `api_gateway: {url: …}` into ~/.toolforge.yaml.',
    });
  }
  const url = parseAddress(found[1], found[0]);
  const endpoint = textAt(sections, 'builds', 'builds_endpoint') ?? '/builds/v1';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${endpoint.replace(/^\/+|\/+$/g, '')}`;
  url.search = '';
  url.hash = '';
  return url;
}

function toolName({ tool, env, needsTool = true }: Sources, kubeconfig: Kubeconfig | undefined): string {
  const name = tool || env.TOOLFORGE_TOOL || kubeconfig?.namespace?.replace(/^tool-/, '');
  if (name || !needsTool) return name ?? '';
  throw new Failure(EXIT.usage, 'No tool is named.', {
    hint: 'Run this as a tool (`become TOOL`), pass --tool TOOL, or set TOOLFORGE_TOOL.',
  });
}

export async function tlsOf(
  env: Environment,
  kubeconfig: Kubeconfig | undefined,
  useCertificate: boolean,
): Promise<Tls> {
  const verify = kubeconfig?.skipTlsVerify !== true;
  return {
    verify,
    ca: verify ? await authorities(env, kubeconfig?.ca) : [],
    certificate: useCertificate ? kubeconfig?.certificate : undefined,
  };
}

const clearTextWarning = (base: URL, hasToken: boolean) =>
  hasToken && isReadable(base) ? `Your token is sent to ${base.origin} unencrypted: use https.` : undefined;

function nothingProves(kubeconfig: Kubeconfig | undefined): Failure {
  const where = kubeconfig ? `${kubeconfig.path} holds neither certificate nor token` : 'there is no kubeconfig';
  return new Failure(EXIT.notAllowed, `Nothing proves who you are: you are not signed in, and ${where}.`, {
    hint: 'Sign in with `toolforge-build login`, run this as a tool (`become TOOL`), or set TOOLFORGE_TOKEN.',
  });
}

async function sessionFor(sources: Sources, base: URL): Promise<SessionToken | undefined> {
  const command = sources.env.TOOLFORGE_TOKEN_COMMAND;
  if (!command) return openSession(sources, base);
  return (await import('./session/command.ts')).commandToken(command, sources.env);
}

/**
 * Which tool, where the API is, and what proves who calls: TOOLFORGE_TOKEN first, then what TOOLFORGE_TOKEN_COMMAND
 * prints, then a sign-in to this API, then the kubeconfig's client certificate, then its token.
 * @throws Failure saying which setting is missing or wrong
 */
export async function loadSettings(sources: Sources): Promise<Settings> {
  const [kubeconfig, sections] = await Promise.all([readKubeconfig(sources.env, sources.home), readSections(sources)]);
  const ownToken = sources.env.TOOLFORGE_TOKEN?.trim() || undefined;
  const base = baseAddress(sources, sections);
  const session = ownToken ? undefined : await sessionFor(sources, base);
  const token = ownToken ?? (session || kubeconfig?.certificate ? undefined : kubeconfig?.token);
  if (!token && !session && !kubeconfig?.certificate) throw nothingProves(kubeconfig);
  return {
    tool: toolName(sources, kubeconfig),
    base,
    token,
    session,
    clearText: clearTextWarning(base, Boolean(token || session)),
    tls: base.protocol === 'https:' ? await tlsOf(sources.env, kubeconfig, !token && !session) : undefined,
  };
}
