import { lookup } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
// The package is imported here only, so that the bundle keeps it in a file that is loaded for SOCKS proxies only. A
// dynamic import of the package itself would have no named exports in the bundle.
import { SocksClient } from 'socks';
import type { ChosenProxy } from '../lib/proxy/choose.ts';
import { bareHost, type TunnelTarget, unusableProxy } from '../lib/proxy/tunnel.ts';

/** Returns the host as the proxy gets it: socks5h and socks4a resolve names at the proxy, socks5 and socks4 here. */
const socksHost = async (protocol: string, host: string): Promise<string> => {
  if (isIP(host) !== 0 || !['socks4:', 'socks5:'].includes(protocol)) return host;
  return (await lookup(host, protocol === 'socks4:' ? { family: 4 } : {})).address;
};

/**
 * Opens a connection to a host through a SOCKS proxy.
 * @param timeoutMs time limit until the proxy has opened the connection, in milliseconds
 * @throws ProxyError when the proxy can't be reached, or refuses
 */
export const openBySocks = async (
  proxy: ChosenProxy,
  { host, port }: TunnelTarget,
  timeoutMs: number,
): Promise<Socket> => {
  const { protocol, username, password, port: own } = proxy.url;
  const destination = { host: await socksHost(protocol, host), port };
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      proxy: {
        host: bareHost(proxy.url),
        port: Number(own || 1080),
        type: protocol.startsWith('socks4') ? 4 : 5,
        ...(username ? { userId: decodeURIComponent(username), password: decodeURIComponent(password) } : {}),
      },
      destination,
      timeout: timeoutMs,
    });
    return socket;
  } catch (error) {
    throw unusableProxy(proxy, error);
  }
};
