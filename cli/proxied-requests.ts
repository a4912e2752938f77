// This file is loaded only where the environment names a proxy, because most users have none.
import { type ClientRequest, Agent as HttpAgent, type RequestOptions, request as requestHttp } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import { openTunnel, proxyAuthorization, proxyRequestOptions, type TunnelTarget } from '../lib/proxy/tunnel.ts';
import type { ProxyRoute } from './proxy.ts';

/** Opens HTTP requests, like the function request of node:http and node:https. */
export type Requester = (url: URL, options: RequestOptions) => ClientRequest;

/** Time limit until a proxy has opened a connection, in milliseconds. */
const tunnelMs = 30_000;

/** Opens a connection to a host and a port through a proxy. */
type Open = (target: TunnelTarget) => Promise<Socket>;

const opener = ({ proxy, ca }: ProxyRoute): Open => {
  if (proxy.url.protocol.startsWith('socks'))
    return async (target) => (await import('./socks.ts')).openBySocks(proxy, target, tunnelMs);
  return (target) => openTunnel(proxy, target, { ca, timeoutMs: tunnelMs });
};

type Callback = (error: Error | null, socket?: Duplex) => void;
type Target = { host?: string | undefined; port?: number | string | undefined };

const openFor = (
  open: Open,
  { host = '', port = 0 }: Target,
  callback: Callback,
  use: (socket: Socket) => Duplex,
): void => {
  open({ host, port: Number(port) })
    .then(use)
    .then((socket) => callback(null, socket), callback);
};

/** Keeps TLS connections to hosts behind a proxy. TLS ends at the host, so the proxy sees encrypted bytes only. */
class SecureTunnelAgent extends HttpsAgent {
  readonly #open: Open;

  constructor(open: Open, options: AgentOptions) {
    super({ ...options, keepAlive: true });
    this.#open = open;
  }

  override createConnection(options: ConnectionOptions, callback: Callback): undefined {
    openFor(this.#open, options, callback, (socket) => connect({ ...options, socket }));
  }
}

/** Keeps plain connections to hosts behind a SOCKS proxy. */
class TunnelAgent extends HttpAgent {
  readonly #open: Open;

  constructor(open: Open) {
    super({ keepAlive: true });
    this.#open = open;
  }

  override createConnection(options: Target, callback: Callback): undefined {
    openFor(this.#open, options, callback, (socket) => socket);
  }
}

/** Returns a function that sends requests for plain http to an http or https proxy, which passes them on. */
const forwarding = ({ proxy, ca }: ProxyRoute): Requester => {
  const isSecure = proxy.url.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const request = isSecure ? requestHttps : requestHttp;
  const authorization = proxyAuthorization(proxy);
  return (url, options) => {
    const own = { host: url.host, ...(authorization ? { 'proxy-authorization': authorization } : {}) };
    const headers = { ...(options.headers as object), ...own };
    return request({ ...options, ...proxyRequestOptions(proxy, { ca }), path: url.href, headers, agent });
  };
};

/**
 * Returns a function that opens requests to a server through a proxy, and keeps connections for later requests.
 * @param tls options of the TLS connection to the server; undefined when the server's address is plain http
 */
export const createProxiedRequester = (route: ProxyRoute, tls: AgentOptions | undefined): Requester => {
  if (tls) {
    const agent = new SecureTunnelAgent(opener(route), tls);
    return (url, options) => requestHttps(url, { ...options, agent });
  }
  if (!route.proxy.url.protocol.startsWith('socks')) return forwarding(route);
  const agent = new TunnelAgent(opener(route));
  return (url, options) => requestHttp(url, { ...options, agent });
};
