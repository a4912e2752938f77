import { ProxySettingError } from './errors.ts';
import { isExempt } from './no-proxy.ts';

/** Environment variables by their names. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy for requests. */
export type ChosenProxy = {
  /** URL of the proxy: http, https, or a kind of SOCKS. It may hold a user name and a password. */
  url: URL;
  /** Name of the environment variable that names the proxy, such as HTTPS_PROXY. */
  variable: string;
};

const protocols = ['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:', 'socks5h:'];

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * Parses the URL of a proxy. The scheme http:// may be left out.
 * @param variable name of the environment variable that names the proxy, such as HTTPS_PROXY
 * @throws ProxySettingError for a text that is not the URL of a proxy
 */
export const parseProxy = (text: string, variable: string): ChosenProxy => {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // A path can be the rest of a password with a slash. The host would then be wrong.
  const isUsable =
    url && protocols.includes(url.protocol) && url.hostname !== '' && ['', '/'].includes(url.pathname + url.search);
  if (isUsable && isDecodable(url.username) && isDecodable(url.password)) return { url, variable };
  throw new ProxySettingError(
    `${variable} must be the URL of a proxy, such as http://proxy.example.org:3128, with special characters of a password as %40 and so on.`,
  );
};

/** Returns the first variable that is set, with its value. An empty value counts: it switches a proxy off. */
const firstSet = (environment: Environment, names: readonly string[]): [string, string] | undefined => {
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) return [name, value.trim()];
  }
  return undefined;
};

/**
 * Returns the variables for a scheme, in order of precedence. In a CGI program HTTP_PROXY is a header of a client's
 * request, and counts for nothing.
 * @see https://httpoxy.org
 */
const variablesFor = (protocol: string, { REQUEST_METHOD }: Environment): string[] => {
  const own = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const trusted = own.filter((name) => name !== 'HTTP_PROXY' || REQUEST_METHOD === undefined);
  return [...trusted, 'all_proxy', 'ALL_PROXY'];
};

const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost\.?|.*\.localhost\.?|127(\.\d+){3}|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\])$/i.test(hostname);

/** Tells whether requests to a URL use a proxy: the URL leads to another machine, and NO_PROXY does not list it. */
export const usesProxy = (url: URL, noProxy: string): boolean => !isThisMachine(url) && !isExempt(url, noProxy);

/**
 * Returns the proxy for requests to a URL: https_proxy or http_proxy, by the URL's scheme, else all_proxy. Names in
 * upper case count too, after those in lower case. Requests to this machine, and to what NO_PROXY lists, use none.
 * @throws ProxySettingError when the variable that counts is not the URL of a proxy
 */
export const proxyFor = (url: URL, environment: Environment): ChosenProxy | undefined => {
  const [variable = '', text = ''] = firstSet(environment, variablesFor(url.protocol, environment)) ?? [];
  const [, noProxy = ''] = firstSet(environment, ['no_proxy', 'NO_PROXY']) ?? [];
  return text !== '' && usesProxy(url, noProxy) ? parseProxy(text, variable) : undefined;
};

/** Returns the address of a proxy without its user name and password, for messages. */
export const proxyAddress = ({ url }: ChosenProxy): string => `${url.protocol}//${url.host}`;
