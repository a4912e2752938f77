import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, readBounded } from '../bounded-body.ts';
import { ApiError } from '../errors.ts';

/** Every body of this API is far smaller; functions-framework alone would take 1 GiB. */
export const maxBodyBytes = 64 * 1024;

type WithBody = IncomingMessage & { rawBody?: Buffer };

const tooLarge = (limit: number): ApiError =>
  new ApiError(413, 'body_too_large', `The body may be ${limit} bytes.`, { headers: { connection: 'close' } });

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads the body into `rawBody`, where functions-framework has it too. Once read, its own parser leaves it alone.
 * @throws ApiError 413 `body_too_large`
 */
export const readBody = async (req: WithBody, limit: number): Promise<Buffer> => {
  if (req.rawBody) return req.rawBody;
  if (!hasBody(req)) return Buffer.alloc(0);
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  req.rawBody = await readBounded(req, limit).catch((error: unknown) => {
    throw error instanceof BodyTooLargeError ? tooLarge(limit) : error;
  });
  return req.rawBody;
};

/** @throws ApiError 415 `media_type_unsupported` */
export const requireJson = ({ headers }: { headers: IncomingMessage['headers'] }): void => {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if ((type !== undefined && type !== 'application/json') || encoding !== 'identity') {
    throw new ApiError(415, 'media_type_unsupported', 'Send the body as application/json, without a Content-Encoding.');
  }
};
