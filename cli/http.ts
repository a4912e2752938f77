import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { AgentOptions } from 'node:https';
import type { Readable } from 'node:stream';
import { proxyRefusal } from '../lib/proxy/tunnel.ts';
import { exitCodes, Failure } from './failure.ts';
import { timeoutError } from './network-errors.ts';
import { isRedirect, redirectTarget } from './redirects.ts';
import { responseTo } from './response-to.ts';
import type { Settings } from './settings.ts';
import type { Tls } from './tls.ts';

export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path of a request below the API's base address, beginning with "/", such as /whoami. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Body of a request, which is sent as JSON. Default: no body. */
  json?: unknown;
  /**
   * Longest time without a byte on the connection of a request, in milliseconds. The request then fails with a timeout.
   */
  idleMs: number;
  /** Time limit until the whole response to a request is read, in milliseconds. Default: no limit. */
  deadlineMs?: number;
};

/** A function that gets a line about each HTTP response, which --verbose prints. The line never holds a credential. */
export type Trace = (line: string) => void;

/**
 * A response of the API whose body is still to be read. A body with the encoding gzip is decompressed while it is read.
 */
export type ResponseStream = Readable & { statusCode?: number | undefined; headers: IncomingHttpHeaders };

export type Send = (request: ApiRequest) => Promise<ResponseStream>;

const maxRedirects = 5;
/** Time without data after which TCP keep-alive checks that the connection still works, in milliseconds. */
const keepAliveMs = 15_000;
/**
 * Size in bytes of the buffer into which a log stream is decompressed. With Node's default of 16 KiB, reading a log
 * takes four times as many calls.
 */
const gunzipChunkSize = 65_536;

const headersOf = (request: ApiRequest, token: string | undefined, userAgent: string, body: string | undefined) => {
  const bodyHeaders =
    body === undefined ? undefined : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return {
    'user-agent': userAgent,
    accept: 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(bodyHeaders ?? (request.method === 'GET' ? {} : { 'content-length': 0 })),
    ...request.headers,
  };
};

const urlOf = ({ path, query = {} }: ApiRequest, base: URL): URL => {
  const url = new URL(base);
  url.pathname = base.pathname + path;
  url.search = new URLSearchParams(query).toString();
  return url;
};

const limitTime = (outgoing: ClientRequest, { idleMs, deadlineMs }: ApiRequest): void => {
  outgoing.setTimeout(idleMs, () => outgoing.destroy(timeoutError()));
  if (deadlineMs === undefined) return;
  const timer = setTimeout(() => outgoing.destroy(timeoutError()), deadlineMs);
  outgoing.once('close', () => clearTimeout(timer));
};

const decompressed = async (response: IncomingMessage): Promise<ResponseStream> => {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  // node:zlib is loaded on demand, because only the API's log streams are compressed.
  const [{ pipeline }, { createGunzip }] = await Promise.all([import('node:stream'), import('node:zlib')]);
  const { statusCode, headers } = response;
  // The function pipeline() passes an error of the HTTP response on to the decompressed stream, so that the stream's
  // reader sees the error.
  return Object.assign(
    pipeline(response, createGunzip({ chunkSize: gunzipChunkSize }), () => undefined),
    { statusCode, headers },
  );
};

type Requester = (url: URL, options: RequestOptions) => ClientRequest;

/** Options of node:https for connections to the API. */
const secureOptions = ({ ca, verify, certificate }: Tls): AgentOptions => ({
  keepAlive: true,
  ...(verify ? { ca } : {}),
  rejectUnauthorized: verify,
  ...certificate,
});

/**
 * Returns a function that opens HTTP requests and keeps connections for later requests. node:http and node:https are
 * loaded on demand, because `--help` needs neither.
 */
const createRequester = async ({ tls, route }: Settings): Promise<Requester> => {
  if (route) {
    const { proxiedRequests } = await import('./proxied-requests.ts');
    return proxiedRequests(route, tls && secureOptions(tls)).request;
  }
  if (!tls) {
    const http = await import('node:http');
    const agent = new http.Agent({ keepAlive: true });
    return (url, options) => http.request(url, { ...options, agent });
  }
  const https = await import('node:https');
  const agent = new https.Agent(secureOptions(tls));
  return (url, options) => https.request(url, { ...options, agent });
};

/**
 * Returns a function that sends requests to the API with the user's credential, and follows redirects within the same
 * server.
 */
export const createSender = async (settings: Settings, userAgent: string, trace: Trace): Promise<Send> => {
  const open = await createRequester(settings);
  const exchange = async (request: ApiRequest, url: URL): Promise<IncomingMessage> => {
    const token = settings.session ? await settings.session() : settings.token;
    const body = request.json === undefined ? undefined : JSON.stringify(request.json);
    const outgoing = open(url, { method: request.method, headers: headersOf(request, token, userAgent, body) });
    limitTime(outgoing, request);
    outgoing.once('socket', (socket) => socket.setKeepAlive(true, keepAliveMs));
    const response = responseTo(outgoing);
    outgoing.end(body);
    return response;
  };
  return async (request) => {
    let url = urlOf(request, settings.base);
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const started = performance.now();
      const response = await exchange(request, url);
      trace(`${request.method} ${url.href} → ${response.statusCode} (${Math.round(performance.now() - started)} ms)`);
      const status = response.statusCode ?? 0;
      if (status === 407 && settings.route) throw proxyRefusal(settings.route.proxy, status, 'pass requests on');
      if (!isRedirect(status)) return decompressed(response);
      response.resume();
      url = redirectTarget({ status, location: response.headers.location }, url, request.method);
    }
    throw new Failure(exitCodes.unavailable, `${settings.base.origin} redirects more than ${maxRedirects} times.`);
  };
};
