import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';
import type { AgentOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { unlessAborted } from '../abort.ts';
import { BodyTooLargeError, ByteBudget, limitBody } from '../bounded-body.ts';
import { type ChosenProxy, usesProxy } from '../proxy/choose.ts';
import type { ProxiedRequests } from '../proxy/requests.ts';
import { bareHost, openTunnel, proxyRefusal } from '../proxy/tunnel.ts';
import type { ResolvedAddress, ResolveHost } from './addresses.ts';
import { allowedAddresses } from './addresses.ts';
import { networkFailure, notGit, unreachable } from './failures.ts';

export type ConnectionOptions = {
  isAllowed: (address: string) => boolean;
  resolveHost: ResolveHost;
  /** Limit for the bytes of all responses together while one ref is resolved, after decompression. */
  maxBytes: number;
  /** Certificate authorities of git servers that are trusted besides Node's own, in PEM. */
  ca: string | undefined;
  /** Proxy to git servers on other machines; undefined for none. */
  proxy: ChosenProxy | undefined;
  /** Hosts that are reached without the proxy, as in the items of NO_PROXY. */
  noProxy: readonly string[];
};

/** Time limit until a proxy has opened a connection, in milliseconds. */
const tunnelMs = 10_000;

type GitRequest = { method: 'GET' | 'POST'; headers: OutgoingHttpHeaders; body?: Buffer };
export type GitResponse = {
  status: number;
  headers: IncomingMessage['headers'];
  body: AsyncIterable<Buffer>;
  /** Closes the connection of a response whose body the caller does not need. */
  discard(): void;
};

/**
 * The connections to git servers while one ref is resolved. Connections are opened to checked IP addresses only, and
 * closed together.
 */
export type GitConnection = {
  /** Sends a request to a git server. @throws ApiError 400 source_unreachable, source_forbidden or source_not_git */
  send(url: URL, request: GitRequest): Promise<GitResponse>;
  close(): void;
};

/**
 * Returns a DNS lookup that knows only the checked IP addresses of a host. Security: a host name that changes its
 * addresses after the check can't lead the connection to another address.
 */
const pinned =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_host, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };

/**
 * Returns the decompressed body of a git server's response. We request uncompressed responses, but some proxies
 * compress all responses.
 */
const decompressed = async (response: IncomingMessage): Promise<Readable> => {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return response;
  if (!['gzip', 'x-gzip', 'deflate'].includes(encoding)) throw notGit('its response is compressed in an unknown way');
  const { createInflate, createUnzip } = await import('node:zlib');
  const unpack = encoding === 'deflate' ? createInflate() : createUnzip();
  pipeline(response, unpack, () => undefined);
  return unpack;
};

/** Opens requests of one scheme, with the connections that are kept for later requests. */
type Scheme = ProxiedRequests;

/** Options of TLS connections to git servers. */
const trustOf = async (ca: string | undefined): Promise<AgentOptions> =>
  ca === undefined ? {} : { ca: [...(await import('node:tls')).rootCertificates, ca] };

const pool = { keepAlive: true, maxSockets: 2 };

/**
 * Makes the HTTP or HTTPS client. TLS is loaded at its first use, because loading takes a tenth of a process's start,
 * and most processes never resolve a ref.
 */
const createScheme = async (protocol: string, ca: string | undefined): Promise<Scheme> => {
  const secure = protocol === 'https:' ? await import('node:https') : undefined;
  const agent = secure ? new secure.Agent({ ...pool, ...(await trustOf(ca)) }) : new Agent(pool);
  const open = secure ? secure.request : request;
  return { request: (url, options) => open(url, { ...options, agent }), close: () => agent.destroy() };
};

/** Makes the HTTP or HTTPS client for git servers behind a proxy. */
const createProxiedScheme = async (protocol: string, ca: string | undefined, proxy: ChosenProxy): Promise<Scheme> => {
  const { forwardedRequests, requestsInTunnels } = await import('../proxy/requests.ts');
  if (protocol !== 'https:') return forwardedRequests(proxy);
  return requestsInTunnels((target) => openTunnel(proxy, target, { timeoutMs: tunnelMs }), await trustOf(ca));
};

const send = (
  url: URL,
  { method, headers, body }: GitRequest,
  scheme: Scheme,
  extra: { lookup?: LookupFunction; signal: AbortSignal },
) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const sent = scheme.request(url, { method, headers, ...extra });
    sent.on('response', resolve).on('error', reject);
    // After a response 101 (Switching Protocols), node:http closes the request without an error. Without a listener for
    // 'close' the request's promise would never settle.
    sent.on('close', () => reject(new Error('closed before a response')));
    sent.end(body);
  });

/** Makes the connections for resolving one ref. @param signal ends all requests; its reason is then thrown */
export const createGitConnection = (options: ConnectionOptions, signal: AbortSignal): GitConnection => {
  const budget = new ByteBudget(options.maxBytes);
  const schemes = new Map<string, Scheme>();

  const schemeOf = async (protocol: string, proxy: ChosenProxy | undefined): Promise<Scheme> => {
    const key = `${protocol} ${proxy === undefined ? 'direct' : 'proxied'}`;
    const create = () =>
      proxy ? createProxiedScheme(protocol, options.ca, proxy) : createScheme(protocol, options.ca);
    const scheme = schemes.get(key) ?? (await create());
    schemes.set(key, scheme);
    return scheme;
  };

  const open = async (url: URL, request: GitRequest): Promise<IncomingMessage> => {
    const proxy = options.proxy && usesProxy(url, options.noProxy.join(',')) ? options.proxy : undefined;
    const addresses = () => unlessAborted(allowedAddresses(url, options.isAllowed, options.resolveHost), signal);
    if (!proxy)
      return send(url, request, await schemeOf(url.protocol, proxy), { lookup: pinned(await addresses()), signal });
    // A name is resolved by the proxy, so that only an address in the URL itself can be checked.
    if (isIP(bareHost(url)) !== 0) await addresses();
    const response = await send(url, request, await schemeOf(url.protocol, proxy), { signal });
    if (response.statusCode === 407) throw proxyRefusal(proxy, 407, 'pass requests on');
    return response;
  };

  async function* read(response: IncomingMessage, host: string): AsyncGenerator<Buffer> {
    try {
      yield* limitBody<Buffer>(await decompressed(response), budget);
    } catch (error) {
      throw failure(error, host, signal);
    } finally {
      response.destroy();
    }
  }

  return {
    send: async (url, request) => {
      try {
        const response = await open(url, request);
        const { statusCode: status = 0, headers } = response;
        return { status, headers, body: read(response, url.host), discard: () => void response.destroy() };
      } catch (error) {
        throw failure(error, url.host, signal);
      }
    },
    close: () => {
      for (const scheme of schemes.values()) scheme.close();
    },
  };
};

/**
 * Returns the error that the caller of a request gets. After an abort, the caller gets the signal's reason instead of
 * the error that the abort caused.
 */
const failure = (error: unknown, host: string, signal: AbortSignal): unknown => {
  if (signal.aborted) return signal.reason;
  if (error instanceof BodyTooLargeError)
    return unreachable(`its response is longer than ${error.maxBytes} bytes`, error);
  return networkFailure(error, host);
};
