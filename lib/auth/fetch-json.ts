import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { readBounded } from '../bounded-body.ts';
import { certificateProblem } from '../certificate-problem.ts';

export type JsonRequest = {
  url: string;
  /** Form fields to send by POST as application/x-www-form-urlencoded. Without form fields the request is a GET. */
  form?: Record<string, string>;
  /** Value of the Authorization header. Ignored when `tokenFile` is set. */
  authorization?: string | undefined;
  /** Path of the server's certificate authority in PEM, read for each request, because authorities are rotated. */
  caFile?: string | undefined;
  /** Path of a file with a bearer token. The file is read for each request, because tokens are rotated. */
  tokenFile?: string | undefined;
  /** Time limit for the whole request in milliseconds, response body included. */
  timeoutMs: number;
};

/** Thrown when an issuer responds with another status than 200. */
export class ResponseStatusError extends Error {
  override readonly name = 'ResponseStatusError';
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${url} responded with status ${status}`);
    this.status = status;
  }
}

/** Limit for the body of an issuer's response in bytes: 1 MiB. */
const maxResponseBytes = 1024 * 1024;

/**
 * Value of the Accept header in requests to issuers. The Kubernetes API server serves its keys as
 * application/jwk-set+json only, and refuses a request that accepts only application/json with 406.
 */
const accept = 'application/json, */*;q=0.5';

const headersOf = async (request: JsonRequest, body: string | undefined): Promise<http.OutgoingHttpHeaders> => {
  const { authorization, tokenFile } = request;
  const credential = tokenFile ? `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` : authorization;
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body ?? '') };
  return { accept, ...(credential ? { authorization: credential } : {}), ...(body === undefined ? {} : form) };
};

/** Returns the error of a request that got no response, with the address and with what is wrong with a certificate. */
const connectionFailure = ({ url, caFile }: JsonRequest, cause: unknown): Error => {
  const problem = certificateProblem(cause);
  if (!problem) return new Error(`no response from ${url}`, { cause });
  const place = caFile ?? 'caFile of AUTH_ISSUERS';
  return new Error(`the certificate of ${url} ${problem}. Authorities are read from ${place}`, { cause });
};

const send = async (request: JsonRequest, body: string | undefined): Promise<http.IncomingMessage> => {
  const options: https.RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    headers: await headersOf(request, body),
    ...(request.caFile ? { ca: await readFile(request.caFile) } : {}),
    signal: AbortSignal.timeout(request.timeoutMs),
  };
  return new Promise((resolve, reject) => {
    const protocol = request.url.startsWith('https:') ? https : http;
    const sent = protocol.request(request.url, options, resolve);
    sent.on('error', (error) => reject(connectionFailure(request, error)));
    sent.end(body);
  });
};

/**
 * Requests JSON from an issuer of tokens. Uses node:http, because fetch would load undici, which takes most of a cold
 * start.
 * @throws ResponseStatusError for another status than 200
 * @throws Error unless the response is JSON of at most 1 MiB, within the time limit
 */
export const fetchJson = async (request: JsonRequest): Promise<unknown> => {
  const { url, form } = request;
  const response = await send(request, form && new URLSearchParams(form).toString());
  if (response.statusCode !== 200) {
    response.destroy();
    throw new ResponseStatusError(url, response.statusCode ?? 0);
  }
  return JSON.parse((await readBounded(response, maxResponseBytes)).toString('utf8'));
};
