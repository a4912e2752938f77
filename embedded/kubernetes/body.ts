import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge, unsupportedMediaType } from './errors.ts';

/** Largest request body in bytes that the API server reads: 3 MiB, as in kube-apiserver. */
const maxRequestBytes = 3 * 1024 * 1024;

/** Returns the media type of a request's body in lower case, without parameters; '' when the request names none. */
export const mediaType = (req: IncomingMessage): string =>
  (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/**
 * Reads the JSON body of a request.
 * @returns undefined when the body is empty
 * @throws StatusError 415 for other media types, 413 for a body that is too large, 400 for invalid JSON
 */
export const readJson = async (req: IncomingMessage, accepted: readonly string[]): Promise<unknown> => {
  const text = await readText(req);
  if (text === '') return undefined;
  const type = mediaType(req);
  if (type !== '' && !accepted.includes(type)) throw unsupportedMediaType(accepted);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
};

const readText = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxRequestBytes) throw tooLarge(`Request entity too large: limit is ${maxRequestBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
