import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { readBounded } from '../bounded-body.ts';

export type JsonRequest = {
  url: string;
  /** Sent as application/x-www-form-urlencoded; without it this is a GET. */
  form?: Record<string, string>;
  authorization?: string | undefined;
  /** PEM files and tokens are read each time: both are rotated. */
  caFile?: string | undefined;
  tokenFile?: string | undefined;
  timeoutMs: number;
};

const maxBytes = 1024 * 1024;

const optionsOf = async (question: JsonRequest, body: string | undefined): Promise<https.RequestOptions> => {
  const { authorization, caFile, tokenFile, timeoutMs } = question;
  const proof = tokenFile ? `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` : authorization;
  return {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      // The API server has its keys as application/jwk-set+json only, and refuses (406) who asks for JSON alone.
      accept: 'application/json, */*;q=0.5',
      ...(proof ? { authorization: proof } : {}),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
    },
    ...(caFile ? { ca: await readFile(caFile) } : {}),
    signal: AbortSignal.timeout(timeoutMs),
  };
};

/**
 * Asks an issuer for JSON. Over Node's own client: fetch would load undici, the better part of a cold start.
 * @throws Error for any answer but 200 with JSON of at most 1 MiB, in time
 */
export const fetchJson = async (question: JsonRequest): Promise<unknown> => {
  const { url, form } = question;
  const body = form && new URLSearchParams(form).toString();
  const options = await optionsOf(question, body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const sent = (url.startsWith('https:') ? https : http).request(url, options, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`${url} answered ${response.statusCode}`);
  }
  return JSON.parse((await readBounded(response, maxBytes)).toString('utf8'));
};
