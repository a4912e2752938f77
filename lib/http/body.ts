import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, readBounded } from '../bounded-body.ts';
import { ApiError } from '../errors.ts';

/** Limit for the body of an API request in bytes: 64 KiB. functions-framework alone would accept 1 GiB. */
export const maxBodyBytes = 64 * 1024;

type RequestWithRawBody = IncomingMessage & { rawBody?: Buffer };

const tooLarge = (maxBytes: number): ApiError =>
  new ApiError(413, 'body_too_large', `The body may have at most ${maxBytes} bytes.`, {
    headers: { connection: 'close' },
  });

const contentLength = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0);

const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || contentLength(req) > 0;

/**
 * Reads the body of a request and keeps the body in `rawBody`, where functions-framework keeps it too. The framework's
 * own parser ignores a body that was already read (docs/adr/0005-body-limit.md).
 * @throws ApiError 413 `body_too_large` when the body is larger than `maxBytes`
 */
export const readBody = async (req: RequestWithRawBody, maxBytes: number): Promise<Buffer> => {
  if (req.rawBody) return req.rawBody;
  if (!hasBody(req)) return Buffer.alloc(0);
  if (contentLength(req) > maxBytes) throw tooLarge(maxBytes);
  req.rawBody = await readBounded(req, maxBytes).catch((error: unknown) => {
    throw error instanceof BodyTooLargeError ? tooLarge(maxBytes) : error;
  });
  return req.rawBody;
};

/**
 * Checks that a request's body, if there is one, is JSON without compression. A missing Content-Type counts as JSON.
 * @throws ApiError 415 `media_type_unsupported` for another media type or a compressed body
 */
export const requireJson = ({ headers }: { headers: IncomingMessage['headers'] }): void => {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if ((type !== undefined && type !== 'application/json') || encoding !== 'identity') {
    throw new ApiError(415, 'media_type_unsupported', 'Send the body as application/json, without a Content-Encoding.');
  }
};
