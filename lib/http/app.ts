import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Access, anonymous } from '../auth/access.ts';
import type { Authenticate } from '../auth/authenticate.ts';
import type { SettingName } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type AuditedRequest, audit } from './audit.ts';
import { bodyTimeoutMs, ignoreBody, maxBodyBytes, readBody, requireJson } from './body.ts';
import { assertOwnPage, assertOwnSite } from './cross-site.ts';
import { sendError, sendJson } from './respond.ts';
import { findRoute, type RouteMatch } from './routing.ts';
import type { ApiRequest, ApiResponse, Handler, Listener } from './types.ts';
import { checkParameters } from './validate.ts';
import type { App, Closable, Wire } from './wiring.ts';

export type AppOptions = {
  /** Handlers of API operations by operationId. A function has handlers for its own operations only. */
  handlers: Record<string, Handler>;
  authenticate: Authenticate;
  log: Log;
  /** Time limit for a client to send a body, in milliseconds. Default ten seconds. */
  bodyTimeoutMs?: number;
};

const queryParameters = (search: URLSearchParams): Record<string, string> => {
  const names = [...search.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated) throw new ApiError(400, 'parameter_invalid', `Parameter ${repeated.slice(0, 80)} is given twice.`);
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

/**
 * Checks that a request has at most one Authorization header. Node takes the first of several, and a proxy may take
 * another.
 * @throws ApiError 400 `parameter_invalid`
 */
const checkAuthorization = ({ headersDistinct: { authorization = [] } }: IncomingMessage): void => {
  if (authorization.length > 1) throw new ApiError(400, 'parameter_invalid', 'Send only one Authorization header.');
};

const checkAccess = ({ route, params }: RouteMatch, access: Access): void => {
  if (params.toolname !== undefined && route.scope) access.assertTool(params.toolname, route.scope);
};

const signalClientGone = (req: IncomingMessage, res: ServerResponse): AbortSignal => {
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

type PreparedRequest = { handler: Handler; request: ApiRequest };

/**
 * Makes the HTTP listener of one or more API operations. The listener finds the route, authenticates, validates, calls
 * the handler, and turns thrown errors into responses with codes. Authentication comes before validation, so that a
 * caller without a credential learns nothing about the parameters. The body is read last, so that a caller who is
 * refused can't hold the request open.
 */
export const createApp = ({
  handlers,
  authenticate,
  log,
  bodyTimeoutMs: timeoutMs = bodyTimeoutMs,
}: AppOptions): Listener => {
  /**
   * Finds the handler of a request, authenticates the caller and validates the request.
   * @param audited receives route, parameters and access for the audit log, also when a later step fails
   */
  const prepare = async (
    req: IncomingMessage,
    res: ServerResponse,
    audited: AuditedRequest,
  ): Promise<PreparedRequest> => {
    const { search, ...found } = findRoute(req);
    const { operation, open } = found.route;
    const handler = handlers[operation];
    if (!handler) throw new ApiError(404, 'not_found', 'This function does not serve that path.');
    checkAuthorization(req);
    const access = open
      ? anonymous
      : await authenticate(req.headers, { path: found.path, tool: found.params.toolname });
    Object.assign(audited, { route: found.route, params: found.params, access });
    const isChange = found.route.method !== 'GET';
    if (isChange) assertOwnSite(req.headers);
    if (access.credential === 'session') assertOwnPage(req.headers, isChange);
    // Access comes before validation: another tool's path is refused with 403, whatever characters the tool's name has.
    checkAccess(found, access);
    const params = { ...queryParameters(search), ...found.params };
    checkParameters(found.route, { ...params, ...headerParameters(req, found) });
    // Security: a web page can send the media types of HTML forms to other sites without asking the API first.
    if (isChange) requireJson(req);
    const body = found.route.body
      ? await readBody(req, res, { maxBytes: maxBodyBytes, timeoutMs })
      : ignoreBody(req, maxBodyBytes);
    const signal = signalClientGone(req, res);
    return { handler, request: { operation, params, headers: req.headers, body, access, signal } };
  };

  const respond = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const audited: AuditedRequest = {};
    let response: ApiResponse | undefined;
    try {
      const { handler, request } = await prepare(req, res, audited);
      response = await handler(request);
      audit(log, audited, response);
      await send(req, res, response);
    } catch (error) {
      if (!response) audit(log, audited, undefined, { error, clientGone: res.destroyed });
      if (res.destroyed) return;
      sendError(res, error, log);
    }
  };

  return (req, res) => void respond(req, res);
};

/** Result of `wire` in the wire.ts of an HTTP function: the function's handlers and authentication. */
export type WiredEndpoint = Pick<AppOptions, 'handlers' | 'authenticate'> & Closable;

/** Type of the function `wire` that each functions/NAME/wire.ts exports. */
export type EndpointWire<N extends readonly SettingName[]> = Wire<N, WiredEndpoint>;

/** App of all HTTP functions. lib/http/serve.ts runs the app. */
export const apiApp: App<WiredEndpoint> = { createListener: createApp };
