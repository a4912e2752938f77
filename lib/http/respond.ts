import type { ServerResponse } from 'node:http';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { discardBody } from './body.ts';
import { escapeLineEnds } from './escape-line-ends.ts';

export type MessageLists = { info: string[]; warning: string[]; error: string[] };

/**
 * Returns the `messages` of a response. The lists info, warning and error are always present, because clients read them
 * without a check.
 */
export const messages = (lists: Partial<MessageLists> = {}): MessageLists => ({
  info: [],
  warning: [],
  error: [],
  ...lists,
});

const baseHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * Sends a value as a JSON response. A response to HEAD has the headers only. If the client has not sent its whole body
 * yet, the rest of the body is discarded, so that the client can read the response.
 */
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
  discardBody(res.req);
};

const internalError = (cause: unknown): ApiError =>
  new ApiError(500, 'internal', 'Something went wrong in the build service. It was logged; please try again later.', {
    cause,
  });

/**
 * Returns an ApiError as it is, and any other error as 500 `internal`, so that a client never sees an internal message.
 */
export const toApiError = (error: unknown): ApiError => (error instanceof ApiError ? error : internalError(error));

const errorHeaders = (error: ApiError): Record<string, string> => ({
  ...error.headers,
  ...(error.retryAfter ? { 'retry-after': String(Math.ceil(error.retryAfter)) } : {}),
});

/**
 * Sends the sentence and code of an error to the client. Errors with a status of 500 or more are logged with their
 * cause. A response that has already begun can't become an error any more, so its connection is closed.
 */
export const sendError = (res: ServerResponse, thrown: unknown, log: Log): void => {
  const error = toApiError(thrown);
  if (error.status >= 500) log('ERROR', error.message, { code: error.code, error: error.cause ?? error });
  if (res.headersSent) {
    res.destroy();
    return;
  }
  sendJson(res, error.status, { error: [error.message], code: error.code, ...error.wrong }, errorHeaders(error));
};
