import { type ClientRequest, Agent as HttpAgent, type RequestOptions, request as requestHttp } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import type { ChosenProxy } from './choose.ts';
import { proxyAuthorization, proxyRequestOptions, type TunnelTarget, unusableProxy } from './tunnel.ts';

/** Opens HTTP requests, like the function request of node:http and node:https. */
export type Requester = (url: URL, options: RequestOptions) => ClientRequest;

/** Opens a connection to a host and a port through a proxy. */
export type OpenTunnel = (target: TunnelTarget) => Promise<Socket>;

type Callback = (error: Error | null, socket?: Duplex) => void;
type Target = { host?: string | undefined; port?: number | string | undefined };

const openFor = (
  open: OpenTunnel,
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
  readonly #open: OpenTunnel;

  constructor(open: OpenTunnel, options: AgentOptions) {
    super({ ...options, keepAlive: true });
    this.#open = open;
  }

  override createConnection(options: ConnectionOptions, callback: Callback): undefined {
    openFor(this.#open, options, callback, (socket) => connect({ ...options, socket }));
  }
}

/** Keeps plain connections to hosts behind a proxy. */
class TunnelAgent extends HttpAgent {
  readonly #open: OpenTunnel;

  constructor(open: OpenTunnel) {
    super({ keepAlive: true });
    this.#open = open;
  }

  override createConnection(options: Target, callback: Callback): undefined {
    openFor(this.#open, options, callback, (socket) => socket);
  }
}

/** Opens requests, and closes the connections that it keeps for later requests. */
export type ProxiedRequests = { request: Requester; close: () => void };

/**
 * Opens requests through tunnels of a proxy.
 * @param tls options of the TLS connections to hosts; undefined for plain http
 */
export const requestsInTunnels = (open: OpenTunnel, tls: AgentOptions | undefined): ProxiedRequests => {
  const agent = tls ? new SecureTunnelAgent(open, tls) : new TunnelAgent(open);
  const request = tls ? requestHttps : requestHttp;
  return { request: (url, options) => request(url, { ...options, agent }), close: () => agent.destroy() };
};

/**
 * Makes an agent that keeps connections to a proxy. A proxy that can't be reached fails with a ProxyError, which would
 * otherwise look like an error of the server behind the proxy.
 */
const agentOf = (proxy: ChosenProxy, isSecure: boolean): HttpAgent => {
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const open = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = open(options);
    const fail = (cause: Error) => callback?.(unusableProxy(proxy, cause), socket as Socket);
    socket?.once('error', fail).once(isSecure ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail);
      callback?.(null, socket);
    });
    return undefined;
  };
  return agent;
};

/**
 * Sends requests for plain http to an http or https proxy, which passes them on. Many proxies open tunnels to the ports
 * of TLS only.
 * @param ca certificate authorities that an https proxy is verified with, as PEM. Default: those of Node
 */
export const forwardedRequests = (proxy: ChosenProxy, ca?: string[]): ProxiedRequests => {
  const isSecure = proxy.url.protocol === 'https:';
  const agent = agentOf(proxy, isSecure);
  const request = isSecure ? requestHttps : requestHttp;
  const authorization = proxyAuthorization(proxy);
  return {
    request: (url, options) => {
      const own = { host: url.host, ...(authorization ? { 'proxy-authorization': authorization } : {}) };
      const headers = { ...(options.headers as object), ...own };
      return request({ ...options, ...proxyRequestOptions(proxy, { ca }), path: url.href, headers, agent });
    },
    close: () => agent.destroy(),
  };
};
