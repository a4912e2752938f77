import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { readBounded } from '../bounded-body.ts';
import { exponentialBackoff, retry } from '../retry.ts';
import { keyParts, storeFailure } from './keys.ts';
import type { ObjectStore, Range } from './types.ts';

export type S3Options = {
  /** Without the bucket: it is put into the path, which every S3 service understands. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** Limit for one attempt, body included, in milliseconds. */
  timeoutMs?: number;
  attempts?: number;
};

type S3Response = { status: number; body: Buffer };
type S3Request = { method: string; url: URL; headers?: Record<string, string>; body?: Uint8Array };

/** Limit for one response in bytes: 64 MiB. The largest object is a segment of a log, a few MiB at most. */
const maxResponseBytes = 64 * 1024 * 1024;

const isTemporaryStatus = (status: number): boolean => status === 429 || status >= 500;

/** Full jitter keeps many writers from returning together. */
const delayMs = exponentialBackoff({ firstMs: 200, maxMs: 2000, jitter: 1 });

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex, decimal, name: string | undefined) =>
    name ? (entities[name] ?? whole) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );

/** The texts of an element that holds nothing but text. */
const texts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescaped(text));

const refusal = (method: string, { status, body }: S3Response): Error => {
  const text = body.toString('utf8');
  const why = [texts(text, 'Code')[0], texts(text, 'Message')[0]].filter(Boolean).join(': ');
  return new Error(`${method} was answered with ${status}${why ? ` (${why})` : ''}`);
};

const isMissing = ({ status, body }: S3Response): boolean =>
  status === 404 && !body.includes('<Code>NoSuchBucket</Code>');

/** The last byte is included; nothing at all can't be asked for. @see https://www.rfc-editor.org/rfc/rfc9110#name-byte-ranges */
const rangeHeader = ({ offset, length }: Range): Record<string, string> => ({
  range: `bytes=${offset}-${offset + Math.max(1, length) - 1}`,
});

/** A server may answer a range with the whole object. */
const part = ({ status, body }: S3Response, { offset, length }: Range): Uint8Array => {
  if (status === 416) return Buffer.alloc(0);
  return status === 206 ? body.subarray(0, length) : body.subarray(offset, offset + length);
};

const createClient = ({ region, accessKey, secretKey, timeoutMs = 10_000, attempts = 4 }: S3Options) => {
  const signer = new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, service: 's3', region });

  const once = async ({ method, url, headers = {}, body }: S3Request): Promise<S3Response> => {
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await signer.sign(url.href, {
      method,
      headers: { ...headers, 'x-amz-content-sha256': hash },
      ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    });
    const response = await fetch(signed, { signal: AbortSignal.timeout(timeoutMs) });
    const received = response.body ? await readBounded(response.body, maxResponseBytes) : Buffer.alloc(0);
    return { status: response.status, body: received };
  };

  const attempt = async (request: S3Request): Promise<S3Response> => {
    const response = await once(request);
    if (isTemporaryStatus(response.status)) throw refusal(request.method, response);
    return response;
  };

  /** Sending a request twice is safe: PUT, GET and DELETE of one key are idempotent. */
  return (request: S3Request): Promise<S3Response> =>
    retry({ attempts, delayMs, isTemporary: () => true, exhausted: storeFailure }, () => attempt(request));
};

/** Objects in one bucket of an S3 service. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
export const createS3Store = (options: S3Options): ObjectStore => {
  const send = createClient(options);
  const bucket = `${options.endpoint}/${options.bucket}`;
  const place = (key: string): URL => new URL(`${bucket}/${keyParts(key).join('/')}`);

  const expect = (method: string, answer: S3Response, fine: readonly number[]): S3Response => {
    if (!fine.includes(answer.status)) throw storeFailure(refusal(method, answer));
    return answer;
  };

  const page = async (prefix: string, next: string | undefined): Promise<string> => {
    const query = new URLSearchParams({ 'list-type': '2', prefix, ...(next ? { 'continuation-token': next } : {}) });
    const answer = await send({ method: 'GET', url: new URL(`${bucket}?${query}`) });
    return expect('GET', answer, [200]).body.toString('utf8');
  };

  async function* list(prefix: string): AsyncGenerator<string> {
    let next: string | undefined;
    do {
      const xml = await page(prefix, next);
      yield* texts(xml, 'Key');
      next = texts(xml, 'IsTruncated')[0] === 'true' ? texts(xml, 'NextContinuationToken')[0] : undefined;
    } while (next);
  }

  return {
    put: async (key, body) => {
      expect('PUT', await send({ method: 'PUT', url: place(key), body }), [200, 201, 204]);
    },
    get: async (key, range) => {
      const headers = range ? rangeHeader(range) : {};
      const answer = await send({ method: 'GET', url: place(key), headers });
      if (isMissing(answer)) return undefined;
      if (!range) return expect('GET', answer, [200]).body;
      return part(expect('GET', answer, [200, 206, 416]), range);
    },
    list,
    remove: async (key) => {
      const answer = await send({ method: 'DELETE', url: place(key) });
      if (!isMissing(answer)) expect('DELETE', answer, [200, 204]);
    },
  };
};
