import { on } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { finished } from 'node:stream';
import { BodyTooLargeError, ByteBudget } from '../bounded-body.ts';
import { ApiError } from '../errors.ts';

/** Limit for the body of an API request in bytes: 64 KiB. functions-framework alone would accept 1 GiB. */
export const maxBodyBytes = 64 * 1024;

/**
 * Time limit in milliseconds for a client to send a body, from the moment at which the function accepts the request by
 * its headers. A connection of 60 kbit/s sends 64 KiB in this time. The gateway sends a body at once.
 */
export const bodyTimeoutMs = 10_000;

/**
 * Time limit in milliseconds for a client to send the rest of a body that nobody reads. The client reads its response
 * in this time, and stops sending. nginx's `lingering_timeout` is as long.
 */
const discardTimeoutMs = 5000;

export type BodyLimits = { maxBytes: number; timeoutMs: number };

const tooLarge = (maxBytes: number): ApiError =>
  new ApiError(413, 'body_too_large', `The body may have at most ${maxBytes} bytes.`);

const timedOut = (timeoutMs: number): ApiError =>
  new ApiError(
    408,
    'body_timeout',
    `The body did not arrive within ${timeoutMs / 1000} s. Send the request again.`,
    // A connection whose request is given up can't be used for another request.
    { headers: { connection: 'close' } },
  );

const cutOff = (cause?: unknown): ApiError =>
  new ApiError(400, 'body_invalid', 'The connection was closed before the whole body had arrived.', { cause });

const noBody = Buffer.alloc(0);

const contentLength = ({ headers }: IncomingMessage): number => Number(headers['content-length'] ?? 0);

const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || contentLength(req) > 0;

/**
 * Checks the size that a request says its body has, before a byte of the body is read.
 * @throws ApiError 413 `body_too_large` when the body is larger than `maxBytes`
 */
const checkContentLength = (req: IncomingMessage, maxBytes: number): void => {
  if (contentLength(req) > maxBytes) throw tooLarge(maxBytes);
};

/** Requests whose clients send the body only after the status 100. */
const expectingContinue = new WeakSet<IncomingMessage>();

/**
 * Lets a server's listener decide on a request whose client waits for the status 100 before it sends the body
 * (`Expect: 100-continue`). {@link readBody} sends that status. Without this function, Node sends it before the
 * listener knows of the request.
 */
export const acceptExpectations = (server: Server | HttpsServer, listener: RequestListener): void =>
  void server.on('checkContinue', (req, res) => {
    expectingContinue.add(req);
    listener(req, res);
  });

/** Collects the chunks of a body. Unlike a loop over the request itself, a loop over its events never destroys it. */
const collect = async (req: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> => {
  const [budget, chunks]: [ByteBudget, Buffer[]] = [new ByteBudget(maxBytes), []];
  for await (const [chunk] of on(req, 'data', { close: ['end', 'close'], signal })) {
    budget.spend(chunk.length);
    chunks.push(chunk);
  }
  if (!req.complete) throw cutOff();
  return Buffer.concat(chunks);
};

/**
 * Reads the body of a request. Security: call this function only after everything that the request line and the headers
 * decide, above all the credential, so that a client without a credential can't hold a request open.
 * @param res the response, which tells a client that waits for the status 100 to send the body
 * @throws ApiError 413 `body_too_large` when the body is larger than `maxBytes`, 408 `body_timeout` when the body does
 * not arrive within `timeoutMs`, 400 `body_invalid` when the client closes the connection before the end of the body
 */
export const readBody = async (
  req: IncomingMessage,
  res: ServerResponse,
  { maxBytes, timeoutMs }: BodyLimits,
): Promise<Buffer> => {
  if (!hasBody(req)) return noBody;
  checkContentLength(req, maxBytes);
  if (req.destroyed) throw cutOff();
  if (expectingContinue.delete(req)) res.writeContinue();
  const late = AbortSignal.timeout(timeoutMs);
  try {
    return await collect(req, maxBytes, late);
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(maxBytes);
    if (error instanceof ApiError) throw error;
    throw late.aborted ? timedOut(timeoutMs) : cutOff(error);
  }
};

/**
 * Discards the part of a request's body that nobody reads, and closes the connection if the body does not end within
 * five seconds. A connection that is closed while the client sends is reset, and the client may then lose its response.
 */
export const discardBody = (req: IncomingMessage): void => {
  if (req.complete || !hasBody(req)) return;
  const timer = setTimeout(() => req.socket.destroy(), discardTimeoutMs).unref();
  finished(req.resume(), () => clearTimeout(timer));
};

/**
 * Discards the body of a request to an operation that has no body. HTTP gives such a body no meaning (RFC 9110, 9.3.1),
 * and some clients send one, so the function responds without waiting for the body. Returns an empty body.
 * @throws ApiError 413 `body_too_large` when the body is larger than `maxBytes`
 */
export const ignoreBody = (req: IncomingMessage, maxBytes: number): Buffer => {
  checkContentLength(req, maxBytes);
  discardBody(req);
  return noBody;
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
