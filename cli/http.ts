import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { Readable } from 'node:stream';
import { EXIT, Failure } from './failure.ts';
import type { Settings } from './settings.ts';

export type Call = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base address, beginning with "/". */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Longest silence on the connection, in milliseconds. */
  silence: number;
  /** Longest time until the answer is there as a whole, in milliseconds. */
  deadline?: number;
};

/** Hears a line about each exchange; never a credential. */
export type Trace = (line: string) => void;
/** What came back, its body as it was before it was compressed for the way. */
export type Incoming = Readable & { statusCode?: number | undefined; headers: IncomingHttpHeaders };
export type Send = (call: Call) => Promise<Incoming>;

const MOST_REDIRECTS = 5;

function headersOf(call: Call, token: string | undefined, agentName: string, body: string | undefined) {
  const length =
    body === undefined ? undefined : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return {
    'user-agent': agentName,
    accept: 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(length ?? (call.method === 'GET' ? {} : { 'content-length': 0 })),
    ...call.headers,
  };
}

function urlOf(call: Call, base: URL): URL {
  const url = new URL(base);
  url.pathname = base.pathname + call.path;
  url.search = new URLSearchParams(call.query ?? {}).toString();
  return url;
}

const timeout = () => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });

function limitTime(request: ClientRequest, { silence, deadline }: Call): void {
  request.setTimeout(silence, () => request.destroy(timeout()));
  if (deadline === undefined) return;
  const timer = setTimeout(() => request.destroy(timeout()), deadline);
  request.once('close', () => clearTimeout(timer));
}

function redirectTarget(answer: IncomingMessage, from: URL, method: string): URL | undefined {
  const status = answer.statusCode ?? 0;
  const follows = status === 307 || status === 308 || (method === 'GET' && (status === 301 || status === 302));
  const location = answer.headers.location;
  if (!follows || !location || !URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  // Credentials go along, so never to another server; to the same one over TLS is no loss.
  const upgrade = from.protocol === 'http:' && target.protocol === 'https:' && from.hostname === target.hostname;
  if (target.origin === from.origin || upgrade) return target;
  throw new Failure(EXIT.unavailable, `${from.origin} redirects to ${target.origin}, which is another server.`, {
    hint: 'If that is the right address, configure it.',
  });
}

async function decoded(answer: IncomingMessage): Promise<Incoming> {
  if (answer.headers['content-encoding'] !== 'gzip') return answer;
  // Loaded here, as few answers need it.
  const [{ pipeline }, { createGunzip }] = await Promise.all([import('node:stream'), import('node:zlib')]);
  const { statusCode, headers } = answer;
  // What the one fails with, the other does, too.
  return Object.assign(
    pipeline(answer, createGunzip({ chunkSize: 65_536 }), () => undefined),
    { statusCode, headers },
  );
}

type Requester = (url: URL, options: RequestOptions) => ClientRequest;

async function connector(settings: Settings): Promise<Requester> {
  // Loaded here, so that --help does not pay for it.
  if (!settings.tls) {
    const http = await import('node:http');
    const agent = new http.Agent({ keepAlive: true });
    return (url, options) => http.request(url, { ...options, agent });
  }
  const https = await import('node:https');
  const { ca, verify, certificate } = settings.tls;
  const agent = new https.Agent({
    keepAlive: true,
    ...(verify ? { ca } : {}),
    rejectUnauthorized: verify,
    ...certificate,
  });
  return (url, options) => https.request(url, { ...options, agent });
}

/** Sends one request at a time to the API, with the credentials, and follows redirects within the same server. */
export async function createSender(settings: Settings, agentName: string, trace: Trace): Promise<Send> {
  const request = await connector(settings);
  const exchange = async (call: Call, url: URL): Promise<IncomingMessage> => {
    const token = settings.session ? await settings.session() : settings.token;
    return new Promise((resolve, reject) => {
      const body = call.json === undefined ? undefined : JSON.stringify(call.json);
      const outgoing = request(url, { method: call.method, headers: headersOf(call, token, agentName, body) });
      limitTime(outgoing, call);
      outgoing.once('socket', (socket) => socket.setKeepAlive(true, 15_000));
      outgoing.once('response', resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
  return async (call) => {
    let url = urlOf(call, settings.base);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const begun = performance.now();
      const answer = await exchange(call, url);
      trace(`${call.method} ${url.href} → ${answer.statusCode} (${Math.round(performance.now() - begun)} ms)`);
      const target = redirectTarget(answer, url, call.method);
      if (!target) return decoded(answer);
      answer.resume();
      url = target;
    }
    throw new Failure(EXIT.unavailable, `${settings.base.origin} redirects in a circle.`);
  };
}
