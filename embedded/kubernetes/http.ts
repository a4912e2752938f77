import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasCredential } from '../credential.ts';
import { mediaType, readJson } from './body.ts';
import { toStatus, unauthorized } from './errors.ts';
import { parseLogQuery } from './log-query.ts';
import type { LogSource } from './log-source.ts';
import { namespaceAt } from './namespaces.ts';
import { servePodLog } from './pod-log.ts';
import type { Target } from './route.ts';
import { parsePath } from './route.ts';
import type { VersionedStore } from './store.ts';
import type { Clock } from './time.ts';
import { acceptedTypes, namesOf, verbOf } from './verbs.ts';
import { serveWatch } from './watch.ts';

export type HandlerOptions = {
  store: VersionedStore;
  logs: LogSource;
  clock: Clock;
  /** Time in milliseconds between two bookmarks of a watch. */
  bookmarkMs: number;
  /** Bearer token that every request to the API server must carry. Undefined: every request is accepted. */
  token: string | undefined;
  log: (message: string, cause: unknown) => void;
};

export type HttpHandler = {
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Ends every open watch of the Kubernetes API. */
  close(): void;
};

/**
 * Makes the HTTP handler of the embedded API server. The response to a refused request has a Status object as its body.
 */
export const createHandler = (options: HandlerOptions): HttpHandler => {
  const watches = new Set<() => void>();
  return {
    handle: (req, res) => {
      authenticate(req, options.token)
        .then(() => route(options, watches, req, res))
        .catch((error: unknown) => refuse(res, error, options.log));
    },
    close: () => {
      for (const end of [...watches]) end();
    },
  };
};

const authenticate = async ({ headers }: IncomingMessage, token: string | undefined): Promise<void> => {
  if (token !== undefined && !hasCredential(headers, `Bearer ${token}`)) throw unauthorized();
};

const isProbe = (pathname: string): boolean => ['/healthz', '/livez', '/readyz'].includes(pathname);
const isWatch = (method: string, { name }: Target, query: URLSearchParams): boolean =>
  method === 'GET' && name === undefined && ['true', '1'].includes(query.get('watch') ?? '');

const sendJson = (res: ServerResponse, status: number, json: string): void => {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }).end(json);
};

const route = async (
  options: HandlerOptions,
  watches: Set<() => void>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> => {
  const { pathname, searchParams: query } = new URL(req.url ?? '/', 'http://kubernetes');
  if (isProbe(pathname)) return void res.end('ok');
  const method = req.method ?? '';
  const namespace = namespaceAt(method, pathname);
  if (namespace) return sendJson(res, 200, JSON.stringify(namespace));
  const target = parsePath(pathname);
  if (isWatch(method, target, query)) return watch(options, watches, target, query, res);
  if (method === 'GET' && target.subresource === 'log') return readLog(options, target, query, res);
  const verb = verbOf(method, target);
  const body = method === 'GET' ? undefined : await readJson(req, acceptedTypes(method));
  const { accept = '' } = req.headers;
  const response = verb(options.store, { method, target, query, mediaType: mediaType(req), accept, body });
  sendJson(res, response.status, typeof response.body === 'string' ? response.body : JSON.stringify(response.body));
};

const watch = (
  { store, bookmarkMs }: HandlerOptions,
  watches: Set<() => void>,
  target: Target,
  query: URLSearchParams,
  res: ServerResponse,
): void => {
  const end = serveWatch(store, target, query, res, { bookmarkMs });
  watches.add(end);
  res.on('close', () => watches.delete(end));
};

const readLog = async (
  { store, logs, clock }: HandlerOptions,
  target: Target,
  query: URLSearchParams,
  res: ServerResponse,
): Promise<void> => {
  const { namespace, name } = namesOf(target);
  await servePodLog({ objects: store, logs }, namespace, name, parseLogQuery(query, clock), res);
};

const refuse = (res: ServerResponse, error: unknown, log: (message: string, cause: unknown) => void): void => {
  const status = toStatus(error);
  if (status.code >= 500 && status.reason === 'InternalError') log('a Kubernetes API request failed', error);
  if (res.headersSent || res.destroyed) return void res.destroy();
  // After a 413, the rest of the large body is unread. The connection is closed, so that the rest is not taken for the
  // next request.
  if (status.code === 413) res.setHeader('connection', 'close');
  res.writeHead(status.code, { 'content-type': 'application/json' });
  res.end(JSON.stringify(status));
};
