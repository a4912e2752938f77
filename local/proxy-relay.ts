import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, request as requestDirectly } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { proxiedRequests, tunnelsOf } from '../cli/proxied-requests.ts';
import { basicCredentials } from '../lib/basic-credentials.ts';
import type { Log } from '../lib/log.ts';
import { type ChosenProxy, proxyFor } from '../lib/proxy/choose.ts';
import type { ProxiedRequests, Requester } from '../lib/proxy/requests.ts';
import { bareHost, proxyRefusal, type TunnelTarget } from '../lib/proxy/tunnel.ts';
import { isOneOf } from '../lib/secret-check.ts';
import { closeServer, listen } from './listen.ts';

export type ProxyRelay = {
  /** URL of the relay, with a user name and a password that are valid while the relay runs. */
  url: string;
  close: () => Promise<void>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The way through a proxy. An https proxy is verified with the authorities that this process trusts. */
const routeOf = (proxy: ChosenProxy) => ({ proxy, ca: undefined });

const openDirectly = ({ host, port }: TunnelTarget): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.once('error', reject);
  });

/** Keeps for each proxy the connections by which it passes on requests for plain http. */
class Forwarding {
  readonly #kept = new Map<string, ProxiedRequests>();

  requesterFor(proxy: ChosenProxy | undefined): Requester {
    if (!proxy) return requestDirectly;
    const requests = this.#kept.get(proxy.url.href) ?? proxiedRequests(routeOf(proxy), undefined);
    this.#kept.set(proxy.url.href, requests);
    return requests.request;
  }

  close(): void {
    for (const { close } of this.#kept.values()) close();
  }
}

/** Tells clients such as git which kind of credential the relay wants: they send none before. */
const challenge = { 'proxy-authenticate': 'Basic realm="toolforge-builds"' };

const refusal = (status: string, reason: string): string =>
  `HTTP/1.1 ${status}\r\nproxy-authenticate: ${challenge['proxy-authenticate']}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`;

const joinSockets = (client: Duplex, upstream: Socket): void => {
  // A client that has gone while the tunnel was opened has no event 'close' any more.
  if (client.destroyed) return void upstream.destroy();
  client.pipe(upstream).pipe(client);
  client.once('error', () => upstream.destroy()).once('close', () => upstream.destroy());
  upstream.once('error', () => client.destroy()).once('close', () => client.destroy());
};

/** Headers that are for the relay itself, and not for the server behind it. */
const hopHeaders = ['proxy-authorization', 'proxy-connection', 'connection', 'keep-alive', 'te', 'upgrade'];

type Context = {
  environment: Environment;
  isOurs: (incoming: IncomingMessage) => boolean;
  /** Logs that a server can't be reached. Returns the reason, which is shown to the build. */
  warn: (url: URL, error: unknown) => string;
};

/** Passes on requests for plain http. */
const createForward =
  ({ environment, isOurs, warn }: Context, forwarding: Forwarding): RequestListener =>
  (incoming, response) => {
    if (!isOurs(incoming)) return void response.writeHead(407, challenge).end();
    const url = URL.parse(incoming.url ?? '');
    if (url?.protocol !== 'http:') return void response.writeHead(400).end();
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !hopHeaders.includes(name)));
    const proxy = proxyFor(url, environment);
    const outgoing = forwarding.requesterFor(proxy)(url, { method: incoming.method, headers });
    outgoing.once('response', (answer) => {
      // The client has given the password of the relay, and knows nothing of the proxy that refuses the request.
      if (proxy && answer.statusCode === 407) outgoing.destroy(proxyRefusal(proxy, 407, 'pass requests on'));
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    outgoing.once('error', (error) => {
      const reason = warn(url, error);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end(reason);
    });
    response.once('close', () => outgoing.destroy());
    return void incoming.pipe(outgoing);
  };

/** Opens tunnels for the method CONNECT. */
const createConnect =
  ({ environment, isOurs, warn }: Context) =>
  async (incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> => {
    const url = URL.parse(`https://${incoming.url}`);
    if (!isOurs(incoming)) return void client.end(refusal('407 Proxy Authentication Required', ''));
    if (!url) return void client.end(refusal('400 Bad Request', ''));
    const target = { host: bareHost(url), port: Number(url.port || 443) };
    try {
      const proxy = proxyFor(url, environment);
      const upstream = await (proxy ? tunnelsOf(routeOf(proxy))(target) : openDirectly(target));
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      joinSockets(client, upstream);
    } catch (error) {
      client.end(refusal('502 Bad Gateway', warn(url, error)));
    }
  };

/**
 * Starts a proxy on this machine that passes requests on by the machine's own proxies, as HTTPS_PROXY, NO_PROXY and the
 * others say. Builds and functions get the URL of the relay. Security: the password of the machine's proxy does not
 * reach the code of a repository, and other users of the machine don't know the password of the relay.
 * @throws ProxySettingError when a variable is not the URL of a proxy
 */
export const startProxyRelay = async (environment: Environment, log: Log): Promise<ProxyRelay> => {
  for (const url of ['https://example.org', 'http://example.org']) proxyFor(new URL(url), environment);
  const password = randomBytes(24).toString('base64url');
  const expected = [basicCredentials('builds', password)];
  const context: Context = {
    environment,
    isOurs: ({ headers }) => isOneOf(headers['proxy-authorization'] ?? '', expected),
    warn: (url, error) => {
      log('WARNING', 'a server can not be reached through the proxy', { host: url.host, error });
      return (error as Error).message;
    },
  };
  const forwarding = new Forwarding();
  const server = createServer(createForward(context, forwarding));
  const tunnels = new Set<Duplex>();
  const openTunnelFor = createConnect(context);
  server.on('connect', (incoming, client: Duplex, head: Buffer) => {
    tunnels.add(client.on('error', () => undefined).once('close', () => tunnels.delete(client)));
    void openTunnelFor(incoming, client, head);
  });
  const port = await listen(server, 0, 'PORT');
  const close = () => {
    forwarding.close();
    for (const tunnel of tunnels) tunnel.destroy();
    return closeServer(server);
  };
  return { url: `http://builds:${password}@127.0.0.1:${port}`, close };
};

/** Environment variables that name proxies, in upper case. Names in lower case count too. */
const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

/**
 * Starts the relay to the proxies of a machine, if its environment names any.
 * @throws ProxySettingError when a variable is not the URL of a proxy
 */
export const relayOfMachine = async (machine: Environment, log: Log): Promise<ProxyRelay | undefined> =>
  proxyVariables.some((name) => machine[name] || machine[name.toLowerCase()])
    ? startProxyRelay(machine, log)
    : undefined;
