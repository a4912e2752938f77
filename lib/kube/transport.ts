import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyTooLargeError, readBounded } from '../bounded-body.ts';
import { ApiError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { KubeError } from './kube-error.ts';

export type KubeRequest = {
  method: string;
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal | undefined;
};

export type Transport = {
  /** The whole answer as JSON; tried again while the API server is away. */
  json<T>(request: KubeRequest): Promise<T>;
  /** The answer as it comes, for logs and watches. */
  stream(request: KubeRequest): Promise<http.IncomingMessage>;
  close(): void;
};

export type TransportOptions = {
  connection: Connection;
  /** Limit for one answer that is not a stream, in milliseconds. */
  timeoutMs: number;
  /** How often a request is sent before the caller is told to come back. */
  attempts: number;
};

const waitMs = (attempt: number, retryAfter: string | undefined): number => {
  const asked = Number(retryAfter) * 1000;
  const base = Number.isFinite(asked) && asked > 0 ? Math.min(asked, 2000) : Math.min(1000, 50 * 2 ** attempt);
  return base / 2 + (Math.random() * base) / 2;
};

/** Limit for one response in bytes: 512 MiB, the longest string that V8 can hold. A page of a list is the largest response. */
const maxResponseBytes = 512 * 1024 * 1024;

const readText = async (response: http.IncomingMessage): Promise<string> =>
  (await readBounded(response, maxResponseBytes)).toString('utf8');

const refusal = async (response: http.IncomingMessage): Promise<KubeError> => {
  const text = await readText(response);
  try {
    const status = JSON.parse(text) as { reason?: string; message?: string };
    return new KubeError(response.statusCode ?? 0, status.reason ?? '', status.message ?? text);
  } catch {
    return new KubeError(response.statusCode ?? 0, '', text.slice(0, 500));
  }
};

const mayReturn = (status: number): boolean => status === 429 || status >= 500;

class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/**
 * HTTP to the API server on Node's own client, with backpressure on streams.
 *
 * Everything is tried again when the server is away or overloaded, writes too: we create under fixed names, replace at
 * a resourceVersion and delete by name, so a repeat of a write that did arrive is refused, not done twice.
 */
export const createTransport = ({ connection, timeoutMs, attempts }: TransportOptions): Transport => {
  const secure = connection.server.protocol === 'https:';
  const agentOf = (limits: http.AgentOptions) =>
    secure
      ? new https.Agent({ keepAlive: true, ...limits, ...connection.tls })
      : new http.Agent({ keepAlive: true, ...limits });
  const agent = agentOf({ maxSockets: 64 });
  // Streams stay open for as long as their readers: they must not take the sockets that short calls wait for.
  const streamAgent = agentOf({ maxFreeSockets: 8 });

  const send = async (request: KubeRequest, streaming: boolean): Promise<http.IncomingMessage> => {
    const url = new URL(connection.server.pathname.replace(/\/$/, '') + request.path, connection.server);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const authorization = await connection.authorization();
    const headers = {
      accept: 'application/json, */*',
      ...(authorization ? { authorization } : {}),
      ...(body ? { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length } : {}),
    };
    return new Promise((resolve, reject) => {
      const options = {
        method: request.method,
        headers,
        agent: streaming ? streamAgent : agent,
        signal: request.signal,
      };
      const sent = (secure ? https : http).request(url, options as http.RequestOptions, resolve);
      sent.setTimeout(streaming ? 0 : timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  };

  /** @throws Unreachable when it may help to ask again, KubeError when not */
  const once = async (request: KubeRequest, streaming: boolean): Promise<http.IncomingMessage> => {
    const response = await send(request, streaming).catch((error: unknown) => {
      request.signal?.throwIfAborted();
      throw new Unreachable('the Kubernetes API server does not answer', { cause: error });
    });
    const status = response.statusCode ?? 0;
    if (status < 300) return response;
    const error = await refusal(response);
    throw mayReturn(status) ? new Unreachable(response.headers['retry-after'] ?? '', { cause: error }) : error;
  };

  const retried = async <T>(request: KubeRequest, act: () => Promise<T>, attempt = 1): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (attempt >= attempts) throw unavailable(error);
      await sleep(waitMs(attempt, error.message), undefined, request.signal ? { signal: request.signal } : {});
      return retried(request, act, attempt + 1);
    }
  };

  return {
    json: (request) =>
      retried(request, async () => {
        const response = await once(request, false);
        const text = await readText(response).catch((error: unknown) => {
          if (error instanceof BodyTooLargeError) throw error;
          throw new Unreachable('the answer was cut', { cause: error });
        });
        return JSON.parse(text);
      }),
    stream: (request) => retried(request, () => once(request, true)),
    close: () => {
      agent.destroy();
      streamAgent.destroy();
    },
  };
};

const unavailable = (cause: unknown): ApiError =>
  new ApiError(503, 'unavailable', 'The build service is not available at the moment. Try again in a few seconds.', {
    retryAfter: 5,
    cause,
  });
