// This file is loaded only where the environment names a proxy, because most users have none.
import type { AgentOptions } from 'node:https';
import { forwardedRequests, type OpenTunnel, type Requester, requestsInTunnels } from '../lib/proxy/requests.ts';
import { openTunnel } from '../lib/proxy/tunnel.ts';
import type { ProxyRoute } from './proxy.ts';

/** Time limit until a proxy has opened a connection, in milliseconds. */
const tunnelMs = 30_000;

const isSocks = ({ proxy }: ProxyRoute): boolean => proxy.url.protocol.startsWith('socks');

const opener = (route: ProxyRoute): OpenTunnel => {
  const { proxy, ca } = route;
  if (isSocks(route)) return async (target) => (await import('./socks.ts')).openBySocks(proxy, target, tunnelMs);
  return (target) => openTunnel(proxy, target, { ca, timeoutMs: tunnelMs });
};

/**
 * Returns a function that opens requests to a server through a proxy, and keeps connections for later requests.
 * @param tls options of the TLS connection to the server; undefined when the server's address is plain http
 */
export const createProxiedRequester = (route: ProxyRoute, tls: AgentOptions | undefined): Requester =>
  tls || isSocks(route)
    ? requestsInTunnels(opener(route), tls).request
    : forwardedRequests(route.proxy, route.ca).request;
