import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { unlessAborted } from '../abort.ts';
import { BodyTooLargeError, ByteBudget, limitBody } from '../bounded-body.ts';
import type { ResolvedAddress, ResolveHost } from './addresses.ts';
import { allowedAddresses } from './addresses.ts';
import { networkFailure, notGit, unreachable } from './failures.ts';

export type ConnectionOptions = {
  isAllowed: (address: string) => boolean;
  resolveHost: ResolveHost;
  /** Over all answers together, before and after decompression. */
  maxBytes: number;
  /** Certificate authorities beside the usual ones, PEM. */
  ca: string | undefined;
};

export type GitRequest = { method: 'GET' | 'POST'; headers: OutgoingHttpHeaders; body?: Buffer };
export type GitResponse = {
  status: number;
  headers: IncomingMessage['headers'];
  body: AsyncIterable<Buffer>;
  /** Closes the connection instead of reading the body. */
  discard(): void;
};

/** The connections of one resolution. They are made only to addresses that were checked, and closed together. */
export type Connection = {
  /** @throws ApiError 400 source_unreachable, source_forbidden or source_not_git */
  call(url: URL, call: GitRequest): Promise<GitResponse>;
  close(): void;
};

/** Hands out what was checked, so a name that changes its addresses in between gains nothing. */
const pinned =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_host, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };

/** We ask for none, but proxies compress all the same. */
const decompressed = async (response: IncomingMessage): Promise<Readable> => {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return response;
  if (!['gzip', 'x-gzip', 'deflate'].includes(encoding)) throw notGit('its answer is compressed in an unknown way');
  const { createInflate, createUnzip } = await import('node:zlib');
  const unpack = encoding === 'deflate' ? createInflate() : createUnzip();
  pipeline(response, unpack, () => undefined);
  return unpack;
};

/** How to ask over one scheme. */
type Scheme = { request: typeof request; agent: Agent };

/** TLS is loaded when first used: it would cost a process that never resolves anything a tenth of its start. */
const createScheme = async (protocol: string, ca: string | undefined): Promise<Scheme> => {
  const settings = { keepAlive: true, maxSockets: 2 };
  if (protocol !== 'https:') return { request, agent: new Agent(settings) };
  const [https, { rootCertificates }] = await Promise.all([import('node:https'), import('node:tls')]);
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  return { request: https.request, agent: new https.Agent({ ...settings, ...trusted }) };
};

const send = (
  url: URL,
  call: GitRequest,
  { request, agent }: Scheme,
  extra: { lookup: LookupFunction; signal: AbortSignal },
) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: call.method, headers: call.headers, agent, ...extra });
    sent.on('response', resolve).on('error', reject);
    // An answer that switches protocols closes the request without an error.
    sent.on('close', () => reject(new Error('closed before an answer')));
    sent.end(call.body);
  });

export const createConnection = (options: ConnectionOptions, signal: AbortSignal): Connection => {
  const budget = new ByteBudget(options.maxBytes);
  const schemes = new Map<string, Scheme>();

  const schemeOf = async (protocol: string): Promise<Scheme> => {
    const scheme = schemes.get(protocol) ?? (await createScheme(protocol, options.ca));
    schemes.set(protocol, scheme);
    return scheme;
  };

  const open = async (url: URL, call: GitRequest): Promise<IncomingMessage> => {
    const addresses = await unlessAborted(allowedAddresses(url, options.isAllowed, options.resolveHost), signal);
    return send(url, call, await schemeOf(url.protocol), { lookup: pinned(addresses), signal });
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
    call: async (url, call) => {
      try {
        const response = await open(url, call);
        const { statusCode: status = 0, headers } = response;
        return { status, headers, body: read(response, url.host), discard: () => void response.destroy() };
      } catch (error) {
        throw failure(error, url.host, signal);
      }
    },
    close: () => {
      for (const { agent } of schemes.values()) agent.destroy();
    },
  };
};

/** Once the signal fired, that is the reason, whatever broke because of it. */
const failure = (error: unknown, host: string, signal: AbortSignal): unknown => {
  if (signal.aborted) return signal.reason;
  if (error instanceof BodyTooLargeError)
    return unreachable(`its answer is longer than ${error.maxBytes} bytes`, error);
  return networkFailure(error, host);
};
