import http from 'node:http';
import https from 'node:https';
import { BodyTooLargeError, readBounded } from '../bounded-body.ts';
import { certificateProblem } from '../certificate-problem.ts';
import { ApiError } from '../errors.ts';
import { exponentialBackoff, retry, type Sleep } from '../retry.ts';
import type { KubeConnection } from './connection.ts';
import { isPolicyFailure, KubeError, type RefusalCause } from './kube-error.ts';
import { ListParser } from './list-parser.ts';
import type { ListMetadata } from './resources.ts';

export type KubeRequest = {
  method: string;
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  contentType?: string;
  /** Media types that the response may have. Default: JSON. */
  accept?: string | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * An HTTP client of the Kubernetes API server. A request is sent again while the API server is away or overloaded, and
 * while its admission policies fail.
 */
export type Transport = {
  /** Sends a request, and returns the whole response, parsed as JSON. */
  json<T>(request: KubeRequest): Promise<T>;
  /**
   * Sends a request for a list, and visits each item as soon as it is read. An item may be visited again, because the
   * request is sent again when its response was cut off.
   * @returns the metadata of the list
   */
  items<T>(request: KubeRequest, visit: (item: T) => void): Promise<ListMetadata>;
  /**
   * Sends a request, and returns the response as soon as its headers arrive. The caller reads the body, a log or a
   * watch.
   */
  stream(request: KubeRequest): Promise<http.IncomingMessage>;
  close(): void;
};

export type TransportOptions = {
  connection: KubeConnection;
  /**
   * Longest time without data in the API server's response to a request, in milliseconds. A stream has no such limit.
   */
  timeoutMs: number;
  /**
   * Limit of attempts for one request to the API server, the first attempt included. After the last attempt the caller
   * gets 503 `unavailable`.
   */
  attempts: number;
  /** Waits between two attempts of a request. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep;
};

/**
 * The error for an API server that is away or overloaded, or whose admission policies fail: the same request may succeed
 * later.
 */
class ApiServerAway extends Error {
  override readonly name = 'ApiServerAway';
  /** Delay in the response's header Retry-After, in milliseconds. 0 where the response has no such header. */
  readonly retryAfterMs: number;

  constructor(message: string, cause: unknown, retryAfterMs = 0) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Longest delay that the API server can demand with Retry-After, in milliseconds. A longer delay is cut to this limit.
 */
const maxRetryAfterMs = 2000;
const jitter = 0.5;
const backoff = exponentialBackoff({ firstMs: 100, maxMs: 1000, jitter });

const delayMs = (failures: number, error: unknown): number => {
  const retryAfterMs = error instanceof ApiServerAway ? error.retryAfterMs : 0;
  if (retryAfterMs <= 0) return backoff(failures);
  return exponentialBackoff({ firstMs: Math.min(retryAfterMs, maxRetryAfterMs), jitter })(1);
};

/**
 * Converts the seconds of a Retry-After header to milliseconds. 0 where the header is missing or a date, which
 * Kubernetes doesn't send.
 */
const retryAfterMs = (header: string | undefined): number => {
  const seconds = Number(header);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
};

const isTemporary = (error: KubeError): boolean =>
  error.status === 429 || error.status >= 500 || isPolicyFailure(error);

/**
 * Limit for one response of the API server in bytes: 512 MiB, the longest string that V8 can hold. Lists are read item
 * by item, and have no such limit.
 */
const maxResponseBytes = 512 * 1024 * 1024;

const readText = async (response: http.IncomingMessage): Promise<string> =>
  (await readBounded(response, maxResponseBytes)).toString('utf8');

/** The fields of a Status object, the body of a refusal, that the service uses. */
type RefusalBody = {
  reason?: string;
  message?: string;
  details?: { causes?: RefusalCause[] };
  metadata?: { continue?: string };
};

/** Adds what an operator can do to the message of a refusal, which says `Unauthorized` for a wrong token. */
const explained = (status: number, message: string): string =>
  status === 401
    ? `${message}: the API server does not accept the token of this process. Check its ServiceAccount`
    : message;

/** Returns the error for a response of the API server with a status of 300 or more. */
const refusal = async (response: http.IncomingMessage): Promise<KubeError> => {
  const text = await readText(response);
  const status = response.statusCode ?? 0;
  try {
    const { reason = '', message = text, details, metadata } = JSON.parse(text) as RefusalBody;
    return new KubeError(status, reason, explained(status, message), details?.causes, metadata?.continue);
  } catch {
    return new KubeError(status, '', explained(status, text.slice(0, 500)));
  }
};

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The build service is not available at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });

type Agents = { short: http.Agent; stream: http.Agent };

/**
 * Makes separate pools of connections for streams and for short requests. A stream holds its connection until its
 * reader stops, so in a common pool short requests would have to wait for streams.
 */
const createAgents = ({ server }: KubeConnection): Agents => {
  const { Agent } = server.protocol === 'https:' ? https : http;
  const create = (limits: http.AgentOptions) => new Agent({ keepAlive: true, ...limits });
  return { short: create({ maxSockets: 64 }), stream: create({ maxFreeSockets: 8 }) };
};

const urlOf = ({ server }: KubeConnection, { path, query = {} }: KubeRequest): URL => {
  const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
};

type Sending = { connection: KubeConnection; agent: http.Agent; timeoutMs: number };

/** Sends a request to the API server. A stream has no time limit: its `timeoutMs` is 0. */
const send = async (
  { connection, agent, timeoutMs }: Sending,
  request: KubeRequest,
  authorization: string | undefined,
): Promise<http.IncomingMessage> => {
  const url = urlOf(connection, request);
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const headers = {
    accept: request.accept ?? 'application/json, */*',
    ...(authorization ? { authorization } : {}),
    ...(body ? { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length } : {}),
  };
  // An agent keeps the connections of each authority apart, so a new authority gets new connections.
  const { tls } = connection;
  const options = { ...tls, method: request.method, headers, agent, signal: request.signal } as http.RequestOptions;
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? https : http).request(url, options, resolve);
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no response within ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
};

/** Sends a request to the API server, and sends it again if the server refuses a credential that was replaced meanwhile. */
const sendAuthorized = async (sending: Sending, request: KubeRequest): Promise<http.IncomingMessage> => {
  const { connection } = sending;
  const first = await connection.authorization();
  const response = await send(sending, request, first);
  if (response.statusCode !== 401) return response;
  connection.refresh?.();
  const next = await connection.authorization();
  if (next === first) return response;
  response.resume();
  return send(sending, request, next);
};

/**
 * Sends a request to the API server once.
 * @throws ApiServerAway where another attempt may succeed, KubeError for any other refusal
 */
const sendOnce = async (sending: Sending, request: KubeRequest): Promise<http.IncomingMessage> => {
  const response = await sendAuthorized(sending, request).catch((error: unknown) => {
    request.signal?.throwIfAborted();
    sending.connection.refresh?.();
    const problem = certificateProblem(error);
    const message = problem
      ? `the certificate of the Kubernetes API server ${problem}`
      : 'the Kubernetes API server does not respond';
    throw new ApiServerAway(message, error);
  });
  const status = response.statusCode ?? 0;
  if (status < 300) return response;
  const error = await refusal(response);
  if (!isTemporary(error)) throw error;
  const { 'retry-after': retryAfter } = response.headers;
  throw new ApiServerAway(`the Kubernetes API server responds with ${status}`, error, retryAfterMs(retryAfter));
};

const cutOff = (cause: unknown): ApiServerAway =>
  new ApiServerAway('the response of the Kubernetes API server was cut off', cause);

const readJson = async (response: http.IncomingMessage) => {
  const text = await readText(response).catch((error: unknown) => {
    throw error instanceof BodyTooLargeError ? error : cutOff(error);
  });
  return JSON.parse(text);
};

/** Yields the chunks of a response. @throws ApiServerAway where the response is cut off, but no error of the reader */
async function* chunksOf(response: http.IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response;
  } catch (error) {
    throw cutOff(error);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tells whether a response is a list. A Go program writes an empty list of items as null. */
const isList = (response: unknown): response is { metadata: ListMetadata } =>
  isObject(response) && isObject(response.metadata) && (response.items === null || Array.isArray(response.items));

const readItems = async <T>(response: http.IncomingMessage, visit: (item: T) => void): Promise<ListMetadata> => {
  const parser = new ListParser<T>(visit);
  for await (const chunk of chunksOf(response)) parser.push(chunk);
  if (!parser.isComplete) throw cutOff(new Error('the list has no end'));
  const list = parser.end();
  // A caller would take any other response for a list without items, as if no object existed.
  if (!isList(list)) throw cutOff(new Error('the response is no list of objects'));
  return list.metadata;
};

/**
 * Makes an HTTP client of the API server on Node's own http module, which has backpressure on streams.
 *
 * Every request is sent again while the API server is away or overloaded, writes included. Sending a write twice is
 * safe: objects are created under fixed names, replaced at a resourceVersion and deleted by name, so the API server
 * refuses the repeat of a write that did arrive.
 */
export const createTransport = ({ connection, timeoutMs, attempts, sleep }: TransportOptions): Transport => {
  const agents = createAgents(connection);
  const retried = <T>({ signal }: KubeRequest, act: () => Promise<T>): Promise<T> => {
    const isAway = (error: unknown): boolean => error instanceof ApiServerAway;
    return retry({ attempts, delayMs, isTemporary: isAway, exhausted: unavailable, signal, sleep }, act);
  };
  const short: Sending = { connection, agent: agents.short, timeoutMs };
  const streaming: Sending = { connection, agent: agents.stream, timeoutMs: 0 };
  return {
    json: (request) => retried(request, async () => readJson(await sendOnce(short, request))),
    items: (request, visit) => retried(request, async () => readItems(await sendOnce(short, request), visit)),
    stream: (request) => retried(request, () => sendOnce(streaming, request)),
    close: () => {
      agents.short.destroy();
      agents.stream.destroy();
    },
  };
};
