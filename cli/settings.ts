import { type Fields, textAt } from '../lib/json-values.ts';
import { gatewaysIn, parseAddress, readConfigFiles, sectionsOf } from './config-files.ts';
import { type ApiTrust, type Credential, credentialFor } from './credential.ts';
import { exitCodes, Failure } from './failure.ts';
import { type Kubeconfig, readKubeconfig } from './kubeconfig.ts';
import { kubeconfigTrust } from './kubeconfig-trust.ts';
import { type ProxyRoute, proxyRoute } from './proxy.ts';
import type { Sources } from './sources.ts';
import { apiTls, type Tls } from './tls.ts';
import { isUnencrypted } from './unencrypted.ts';

export type Settings = Pick<Credential, 'token' | 'session'> & {
  /** Name of the tool that a command works for; empty when the command needs no tool and the user names none. */
  tool: string;
  /**
   * The API's address without the part from /tool on and without a trailing slash:
   * https://api.example.org:30003/builds/v1
   */
  base: URL;
  /** Sentences about dangers of the settings, which each command prints before its first request. */
  warnings: string[];
  /** TLS options of connections to the API; undefined when the API's address is plain http. */
  tls: Tls | undefined;
  /** The proxy to the API; undefined when connections need none. */
  route: ProxyRoute | undefined;
};

/**
 * Returns the API's address from --api-url, TOOL_TOOLFORGE_API_URL or the configuration files, in this order.
 * @throws Failure when no source has an address, or the address is no http or https URL
 */
const baseAddress = (sources: Sources, sections: Fields): URL => {
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

/**
 * Returns the API's address that the sources name.
 * @throws Failure when they name no address, or a wrong one
 */
export const apiAddress = async (sources: Sources): Promise<URL> =>
  baseAddress(sources, sectionsOf(await readConfigFiles(sources)));

const toolName = ({ tool, env, needsTool = true }: Sources, kubeconfig: Kubeconfig | undefined): string => {
  const name = tool || env.TOOLFORGE_TOOL || kubeconfig?.namespace?.replace(/^tool-/, '');
  if (name || !needsTool) return name ?? '';
  throw new Failure(exitCodes.usage, 'No tool is named.', {
    hint: 'Run this as a tool (`become TOOL`), pass --tool TOOL, or set TOOLFORGE_TOOL.',
  });
};

/**
 * Reads the API's address, and what the kubeconfig gives for connections to the API.
 * @throws Failure that names the setting that is missing or wrong
 */
export const findApi = async (sources: Sources): Promise<ApiTrust> => {
  const [kubeconfig, files] = await Promise.all([readKubeconfig(sources.env, sources.home), readConfigFiles(sources)]);
  const base = baseAddress(sources, sectionsOf(files));
  return { base, kubeconfig, trust: await kubeconfigTrust(kubeconfig, base, gatewaysIn(files)) };
};

const warningsOf = ({ base, kubeconfig, trust }: ApiTrust, { kind }: Credential, tls: Tls | undefined): string[] => {
  const isToken = kind !== 'kubeconfig-certificate';
  const unverified = `The certificate of ${base.host} is not verified, because ${kubeconfig?.clusterPath} says insecure-skip-tls-verify. Everybody on the way can read and change what you send.`;
  return [
    ...(isToken && isUnencrypted(base) ? [`Your token is sent to ${base.origin} unencrypted: use https.`] : []),
    ...(tls?.verify === false ? [unverified] : []),
    ...(kind !== 'elsewhere' && trust.warning ? [trust.warning] : []),
  ];
};

/**
 * Reads the settings of `toolforge-build`: the tool, the API's address and the user's credential.
 * @param known result of `findApi`, if the caller has it. A kubeconfig can be a pipe, which is read only once
 * @throws Failure that names the setting that is missing or wrong
 */
export const loadSettings = async (sources: Sources, known?: ApiTrust): Promise<Settings> => {
  const api = known ?? (await findApi(sources));
  const { base, kubeconfig, trust } = api;
  const credential = await credentialFor(sources, api);
  const tls = base.protocol === 'https:' ? await apiTls(sources.env, trust, credential.kind) : undefined;
  return {
    tool: toolName(sources, kubeconfig),
    base,
    token: credential.token,
    session: credential.session,
    warnings: warningsOf(api, credential, tls),
    tls,
    route: await proxyRoute(base, sources.env),
  };
};
