import type { IncomingMessage, ServerResponse } from 'node:http';
import { anonymous } from '../auth/access.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type AuditedRequest, audit } from './audit.ts';
import { maxBodyBytes, readBody } from './body.ts';
import { sendError, sendJson } from './respond.ts';
import { matchRoute, type RouteMatch } from './routing.ts';
import type { ApiRequest, ApiResponse, Handler, Listener } from './types.ts';
import { checkParameters } from './validate.ts';

export type AppOptions = {
  /** By operationId. A function serves its own operations only. */
  handlers: Record<string, Handler>;
  authenticate: Authenticate;
  log: Log;
};

const queryOf = (search: URLSearchParams): Record<string, string> => {
  const names = [...search.keys()];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice) throw new ApiError(400, 'parameter_invalid', `Parameter ${twice.slice(0, 80)} is given twice.`);
  return Object.fromEntries(search);
};

const headerParameters = (req: IncomingMessage, { route }: RouteMatch): Record<string, string> =>
  Object.fromEntries(
    route.parameters
      .filter(({ in: place }) => place === 'header')
      .flatMap(({ name }) => {
        const value = req.headers[name.toLowerCase()];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
  );

const clientGone = (req: IncomingMessage, res: ServerResponse): AbortSignal => {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort(new Error(`the client of ${req.method} went away`));
  });
  return controller.signal;
};

const send = async (req: IncomingMessage, res: ServerResponse, response: ApiResponse): Promise<void> => {
  if ('stream' in response) await response.stream(res, req);
  else sendJson(res, response.status ?? 200, response.json, response.headers);
};

/** Today's gateway mounts the API at /builds; a function answers there as well as at its root. */
const withoutMount = (path: string): string => (path.startsWith('/builds/') ? path.slice('/builds'.length) : path);

/**
 * The HTTP side of one or more operations: routes, authenticates, validates, and turns what is thrown into errors with
 * codes. Authentication comes before validation, so strangers learn nothing.
 */
export const createApp = ({ handlers, authenticate, log }: AppOptions): Listener => {
  const prepare = async (
    req: IncomingMessage,
    res: ServerResponse,
    attempt: AuditedRequest,
  ): Promise<{ handler: Handler; request: ApiRequest }> => {
    const url = URL.parse(req.url ?? '/', 'http://function');
    if (!url) throw new ApiError(400, 'parameter_invalid', 'The address of the request is not valid.');
    const found = matchRoute(req.method ?? 'GET', withoutMount(url.pathname));
    const handler = handlers[found.route.operation];
    if (!handler) throw new ApiError(404, 'not_found', 'This function does not serve that path.');
    const access = found.route.open ? anonymous : await authenticate(req.headers);
    Object.assign(attempt, { route: found.route, params: found.params, access });
    const params = { ...queryOf(url.searchParams), ...found.params };
    checkParameters(found.route, { ...params, ...headerParameters(req, found) });
    const { scope } = found.route;
    if (found.params.toolname !== undefined && scope) access.assertTool(found.params.toolname, scope);
    const body = await readBody(req, maxBodyBytes);
    const signal = clientGone(req, res);
    return {
      handler,
      request: { operation: found.route.operation, params, headers: req.headers, body, access, signal },
    };
  };

  const respond = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const attempt: AuditedRequest = {};
    let response: ApiResponse | undefined;
    try {
      const { handler, request } = await prepare(req, res, attempt);
      response = await handler(request);
      audit(log, attempt, response);
      await send(req, res, response);
    } catch (error) {
      if (!response) audit(log, attempt, undefined, error);
      if (res.destroyed) return;
      sendError(res, error, log);
    }
  };

  return (req, res) => void respond(req, res);
};
