import type { ServerResponse } from 'node:http';
import { ApiError } from '../errors/index.ts';
import type { Log } from './log.ts';

export type MessageLists = { info: string[]; warning: string[]; error: string[] };

/** The `messages` of every answer; clients count on all three lists being there. */
export const messages = (lists: Partial<MessageLists> = {}): MessageLists => ({
  info: [],
  warning: [],
  error: [],
  ...lists,
});

/** JSON where no line separator is left raw: U+2028, U+2029 and U+0085 cut lines in clients. */
export const safeJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u0085\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const baseHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export const sendJson = (
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void => {
  const body = Buffer.from(safeJson(value));
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

export const asApiError = (error: unknown): ApiError => (error instanceof ApiError ? error : internal(error));

const errorHeaders = (error: ApiError): Record<string, string> => ({
  ...error.headers,
  ...(error.retryAfter ? { 'retry-after': String(Math.ceil(error.retryAfter)) } : {}),
});

/** What went wrong: sentence and code to the client, the cause to the log. A response that has begun is cut. */
export const sendError = (res: ServerResponse, thrown: unknown, log: Log): void => {
  const error = asApiError(thrown);
  if (error.status >= 500) log('ERROR', error.message, { code: error.code, error: error.cause ?? error });
  if (res.headersSent) {
    res.destroy();
    return;
  }
  sendJson(res, error.status, { error: [error.message], code: error.code }, errorHeaders(error));
};
