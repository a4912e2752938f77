import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { readBounded } from '../bounded-body.ts';
import { certificateProblem } from '../certificate-problem.ts';
import { exponentialBackoff, retry, type Sleep } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { keyParts, storeFailure } from './keys.ts';
import type { ObjectStore, Range } from './types.ts';

export type S3Options = {
  /**
   * Address of the S3 service without the bucket. Requests name the bucket in the path, which every S3 service
   * understands.
   */
  endpoint: string;
  bucket: string;
  region: string;
  accessKey: Secret;
  secretKey: Secret;
  /** Time limit for one attempt of a request in milliseconds, the response's body included. Default 10,000. */
  timeoutMs?: number;
  /** Limit of attempts for one request to S3, the first attempt included. Default 4. */
  attempts?: number;
  /** Waits between two attempts of a request. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep;
};

type S3Response = { status: number; body: Buffer };
type S3Request = { method: string; url: URL; headers?: Record<string, string>; body?: Uint8Array };

/**
 * Limit for one response of the S3 service in bytes: 64 MiB. The largest object is a segment of a log, a few MiB at
 * most.
 */
const maxResponseBytes = 64 * 1024 * 1024;

const isTemporaryStatus = (status: number): boolean => status === 429 || status >= 500;

/** Delay before a retry of a request to S3. Full jitter keeps writers that failed together from retrying together. */
const delayMs = exponentialBackoff({ firstMs: 200, maxMs: 2000, jitter: 1 });

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex, decimal, name: string | undefined) =>
    name ? (entities[name] ?? whole) : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );

/** Returns the texts of all XML elements with a name. The elements must hold text only. */
const texts = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => unescapeXml(text));

/** Advice for an operator about a refusal of the object store, by the code of the refusal. */
const advice: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'Correct the key in S3_ACCESS_KEY_FILE',
  SignatureDoesNotMatch: 'Correct the key in S3_SECRET_KEY_FILE',
  AccessDenied: 'Let the key read, write, list and delete objects of S3_BUCKET',
  NoSuchBucket: 'Make the bucket, or correct S3_BUCKET',
  RequestTimeTooSkewed: "Correct this machine's clock",
  AuthorizationHeaderMalformed: 'Correct S3_REGION',
  PermanentRedirect: 'Correct S3_ENDPOINT',
};

const failure = (method: string, { status, body }: S3Response): Error => {
  const text = body.toString('utf8');
  const [code = ''] = texts(text, 'Code');
  const reason = [code, texts(text, 'Message')[0]].filter(Boolean).join(': ');
  const hint = Object.hasOwn(advice, code) ? `. ${advice[code]}` : '';
  return new Error(`the response to ${method} has status ${status}${reason ? ` (${reason})` : ''}${hint}`);
};

/** Returns the error of a connection that failed, with the address and with what is wrong with a certificate. */
const connectionFailure = (endpoint: string, cause: unknown): Error => {
  const problem = certificateProblem(cause);
  return new Error(problem ? `the certificate of ${endpoint} ${problem}` : `no response from ${endpoint}`, { cause });
};

const isMissing = ({ status, body }: S3Response): boolean =>
  status === 404 && !body.includes('<Code>NoSuchBucket</Code>');

/**
 * Returns the HTTP header that requests a range of an object. An HTTP range includes its last byte and has at least one
 * byte, so the header for an empty range requests one byte.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-byte-ranges
 */
const rangeHeader = ({ offset, length }: Range): Record<string, string> => ({
  range: `bytes=${offset}-${offset + Math.max(1, length) - 1}`,
});

/**
 * Returns the bytes of a range of an object from S3's response. A server may respond with the whole object instead of
 * the range.
 */
const rangeOf = ({ status, body }: S3Response, { offset, length }: Range): Uint8Array => {
  if (status === 416) return Buffer.alloc(0);
  return status === 206 ? body.subarray(0, length) : body.subarray(offset, offset + length);
};

/** Signs requests with the newest keys. A signer is kept while its keys stay the same, as it keeps a derived key. */
class Signers {
  readonly #options: S3Options;
  #newest: AwsClient | undefined;

  constructor(options: S3Options) {
    this.#options = options;
  }

  get newest(): AwsClient {
    const { region, accessKey, secretKey } = this.#options;
    const [accessKeyId = ''] = accessKey.values();
    const [secretAccessKey = ''] = secretKey.values();
    const kept = this.#newest;
    if (kept?.accessKeyId === accessKeyId && kept.secretAccessKey === secretAccessKey) return kept;
    this.#newest = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region });
    return this.#newest;
  }

  /** Reads both keys again, as the service refused a request. They belong together, but are in two files. */
  refresh(): void {
    this.#options.accessKey.refresh();
    this.#options.secretKey.refresh();
  }
}

/** Statuses of S3 services for a request whose keys they do not know, or whose keys do not belong together. */
const refusedStatuses = [401, 403];

const createClient = (options: S3Options) => {
  const { timeoutMs = 10_000, attempts = 4, sleep } = options;
  const signers = new Signers(options);

  const sendSigned = async ({ method, url, headers = {}, body }: S3Request, signer: AwsClient): Promise<S3Response> => {
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await signer.sign(url.href, {
      method,
      headers: { ...headers, 'x-amz-content-sha256': hash },
      ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    });
    const response = await fetch(signed, { signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      throw connectionFailure(options.endpoint, error);
    });
    const received = response.body ? await readBounded(response.body, maxResponseBytes) : Buffer.alloc(0);
    return { status: response.status, body: received };
  };

  const once = async (request: S3Request): Promise<S3Response> => {
    const first = signers.newest;
    const response = await sendSigned(request, first);
    if (!refusedStatuses.includes(response.status)) return response;
    signers.refresh();
    return signers.newest === first ? response : sendSigned(request, signers.newest);
  };

  const attempt = async (request: S3Request): Promise<S3Response> => {
    const response = await once(request);
    if (isTemporaryStatus(response.status)) throw failure(request.method, response);
    return response;
  };

  /**
   * Sends a request, and retries it after a temporary failure. PUT, GET and DELETE of one key are idempotent, so a
   * repeat is safe.
   */
  return (request: S3Request): Promise<S3Response> =>
    retry({ attempts, delayMs, isTemporary: () => true, exhausted: storeFailure, sleep }, () => attempt(request));
};

/**
 * Makes a store that keeps objects in one bucket of an S3 service.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export const createS3Store = (options: S3Options): ObjectStore => {
  const send = createClient(options);
  const bucket = `${options.endpoint}/${options.bucket}`;
  const urlOf = (key: string): URL => new URL(`${bucket}/${keyParts(key).join('/')}`);

  const expect = (method: string, response: S3Response, statuses: readonly number[]): S3Response => {
    if (!statuses.includes(response.status)) throw storeFailure(failure(method, response));
    return response;
  };

  const page = async (prefix: string, place: Record<string, string>): Promise<string> => {
    const query = new URLSearchParams({ 'list-type': '2', prefix, ...place });
    const response = await send({ method: 'GET', url: new URL(`${bucket}?${query}`) });
    return expect('GET', response, [200]).body.toString('utf8');
  };

  async function* list(prefix: string, after = ''): AsyncGenerator<string> {
    let next: string | undefined;
    do {
      const xml = await page(prefix, next ? { 'continuation-token': next } : after ? { 'start-after': after } : {});
      yield* texts(xml, 'Key');
      next = texts(xml, 'IsTruncated')[0] === 'true' ? texts(xml, 'NextContinuationToken')[0] : undefined;
    } while (next);
  }

  return {
    put: async (key, body) => {
      expect('PUT', await send({ method: 'PUT', url: urlOf(key), body }), [200, 201, 204]);
    },
    get: async (key, range) => {
      const headers = range ? rangeHeader(range) : {};
      const response = await send({ method: 'GET', url: urlOf(key), headers });
      if (isMissing(response)) return undefined;
      if (!range) return expect('GET', response, [200]).body;
      return rangeOf(expect('GET', response, [200, 206, 416]), range);
    },
    list,
    remove: async (key) => {
      const response = await send({ method: 'DELETE', url: urlOf(key) });
      if (!isMissing(response)) expect('DELETE', response, [200, 204]);
    },
  };
};
