import type { ServerResponse } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { escapeLineEnds } from './escape-line-ends.ts';

export type MessageLists = { info: string[]; warning: string[]; error: string[] };

/** The `messages` of every answer; clients count on all three lists being there. */
export const messages = (lists: Partial<MessageLists> = {}): MessageLists => ({
  info: [],
  warning: [],
  error: [],
  ...lists,
});

const baseHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export const sendJson = (
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void => {
  const body = Buffer.from(escapeLineEnds(JSON.stringify(value)));
  res.writeHead(status, {
    ...baseHeaders,
    ...headers,
    'content-type': 'application/json',
    'content-length': body.length,
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
};

const internal = (cause: unknown): ApiError =>
  new ApiError(500, 'internal', 'Something went wrong in the build service. It was logged; please try again later.', {
    cause,
  });

export const toApiError = (error: unknown): ApiError => (error instanceof ApiError ? error : internal(error));

const errorHeaders = (error: ApiError): Record<string, string> => ({
  ...error.headers,
  ...(error.retryAfter ? { 'retry-after': String(Math.ceil(error.retryAfter)) } : {}),
});

/** What went wrong: sentence and code to the client, the cause to the log. A response that has begun is cut. */
export const sendError = (res: ServerResponse, thrown: unknown, log: Log): void => {
  const error = toApiError(thrown);
  if (error.status >= 500) log('ERROR', error.message, { code: error.code, error: error.cause ?? error });
  if (res.headersSent) {
    res.destroy();
    return;
  }
  sendJson(res, error.status, { error: [error.message], code: error.code }, errorHeaders(error));
};
