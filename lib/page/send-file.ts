import type { IncomingMessage, ServerResponse } from 'node:http';
import Negotiator from 'negotiator';
import type { Coding, PageFile } from './files.ts';

/** A year in seconds, the longest time for which HTTP keeps a response. */
const yearSeconds = 31_536_000;

const codingFor = (req: IncomingMessage, { codings }: PageFile): Coding => {
  const accepted = new Negotiator(req).encodings([...codings]) as Coding[];
  // The order of a browser's header says nothing about size, so the smallest accepted coding is sent.
  return codings.find((coding) => accepted.includes(coding)) ?? 'identity';
};

/** Tells whether the client has a representation with this tag already. @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
const isKnown = ({ headers }: IncomingMessage, etag: string): boolean => {
  const tags = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
};

/** Sends a file of the page in the best coding that the client accepts, or 304 when the client has it already. */
export const sendFile = async (
  req: IncomingMessage,
  res: ServerResponse,
  file: PageFile,
  status = 200,
): Promise<void> => {
  const coding = codingFor(req, file);
  const { bytes, etag } = await file.content(coding);
  const cacheControl = file.isImmutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache';
  const headers = { etag, vary: 'accept-encoding', 'cache-control': status === 200 ? cacheControl : 'no-store' };
  if (status === 200 && isKnown(req, etag)) return void res.writeHead(304, headers).end();
  res.writeHead(status, {
    ...headers,
    'content-type': file.mediaType,
    'content-length': bytes.length,
    ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
  });
  res.end(req.method === 'HEAD' ? undefined : bytes);
};
