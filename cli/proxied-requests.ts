// This file is loaded only where the environment names a proxy, because most users have none.
import type { AgentOptions } from 'node:https';
import { forwardedRequests, type OpenTunnel, type ProxiedRequests, requestsInTunnels } from '../lib/proxy/requests.ts';
import { openTunnel } from '../lib/proxy/tunnel.ts';
import type { ProxyRoute } from './proxy.ts';

/** Time limit until a proxy has opened a connection, in milliseconds. */
const tunnelMs = 30_000;

const isSocks = ({ proxy }: ProxyRoute): boolean => proxy.url.protocol.startsWith('socks');

/** Returns the function that opens connections through a proxy. */
export const tunnelsOf = (route: ProxyRoute): OpenTunnel => {
  const { proxy, ca } = route;
  if (isSocks(route)) return async (target) => (await import('./socks.ts')).openBySocks(proxy, target, tunnelMs);
  return (target) => openTunnel(proxy, target, { ca, timeoutMs: tunnelMs });
};

/**
 * Opens requests to servers through a proxy, and keeps connections for later requests.
 * @param tls options of the TLS connections to servers; undefined for plain http
 */
export const proxiedRequests = (route: ProxyRoute, tls: AgentOptions | undefined): ProxiedRequests =>
  tls || isSocks(route) ? requestsInTunnels(tunnelsOf(route), tls) : forwardedRequests(route.proxy, route.ca);
