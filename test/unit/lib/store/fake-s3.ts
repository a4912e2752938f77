import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { AwsV4Signer } from 'aws4fetch';
import { startServer } from '../../../support/server.ts';

/**
 * The next `times` requests to the fake S3 service fail. Status 0 closes the connection, status -1 sends no response.
 * `body` replaces the body of the response. Default method: any.
 */
export type Broken = { times: number; status: number; method?: string; body?: string | Buffer };
type S3Keys = { accessKey: string; secretKey: string };
export type FakeS3 = {
  url: string;
  requests: () => number;
  /** Waits until no request is open. The timeout of the store client ends requests that get no response. */
  idle: () => Promise<void>;
  break: (broken: Broken | undefined) => void;
  /** Replaces the keys that the service accepts. */
  accept: (keys: S3Keys) => void;
  close: () => Promise<void>;
};

const pageSize = 3;

const error = (res: ServerResponse, status: number, code: string): void => {
  res.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
};

/**
 * Tells whether the signature of a request is right: the server signs the request again and compares the signatures.
 */
const isSigned = async (req: IncomingMessage, url: string, accepted: S3Keys): Promise<boolean> => {
  const { authorization = '', host: _, ...given } = req.headers;
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const headers = Object.fromEntries(names.flatMap((name) => (given[name] ? [[name, String(given[name])]] : [])));
  const keys = {
    accessKeyId: accepted.accessKey,
    secretAccessKey: accepted.secretKey,
    service: 's3',
    region: 'us-east-1',
  };
  const datetime = String(given['x-amz-date']);
  const method = req.method ?? '';
  const signed = await new AwsV4Signer({ ...keys, method, url, headers, datetime, allHeaders: true }).sign();
  return signed.headers.get('authorization') === authorization;
};

const sendObject = (res: ServerResponse, found: Buffer, range: string | undefined): void => {
  const [, from, to] = /^bytes=([0-9]+)-([0-9]+)$/.exec(range ?? '') ?? [];
  if (from === undefined) res.end(found);
  else if (Number(from) >= found.length) error(res, 416, 'InvalidRange');
  else res.writeHead(206).end(found.subarray(Number(from), Number(to) + 1));
};

const sendList = (res: ServerResponse, keys: string[], query: URLSearchParams): void => {
  // A token says where its list goes on, as in S3, and requests with a token have no other place.
  const [, after = query.get('start-after') ?? ''] = query.get('continuation-token')?.split('>') ?? [];
  const wanted = keys.filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after).sort();
  const start = Number(query.get('continuation-token')?.slice(2).split('>')[0] ?? 0);
  const page = wanted.slice(start, start + pageSize).map((key) => `<Contents><Key>${key}</Key></Contents>`);
  const more = start + pageSize < wanted.length;
  const token = more ? `<NextContinuationToken>&amp;&lt;${start + pageSize}&gt;${after}</NextContinuationToken>` : '';
  res.end(`<ListBucketResult><IsTruncated>${more}</IsTruncated>${page.join('')}${token}</ListBucketResult>`);
};

/** Returns a request handler that serves one S3 bucket with the name `bucket`. */
const createBucket = (keys: () => S3Keys) => {
  const objects = new Map<string, Buffer>();

  const write = (method: string | undefined, key: string, body: Buffer): number => {
    if (method === 'PUT') objects.set(key, body);
    else objects.delete(key);
    return method === 'PUT' ? 200 : 204;
  };

  const read = (req: IncomingMessage, res: ServerResponse, key: string): void => {
    const found = objects.get(key);
    if (found) sendObject(res, found, req.headers.range);
    else error(res, 404, 'NoSuchKey');
  };

  return async (req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> => {
    const body = await buffer(req);
    if (!(await isSigned(req, url.href, keys()))) return error(res, 403, 'SignatureDoesNotMatch');
    const [, bucket, key] = /^\/([^/]+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (bucket !== 'bucket') return error(res, 404, 'NoSuchBucket');
    if (key === undefined) return sendList(res, [...objects.keys()], url.searchParams);
    if (req.method === 'GET') return read(req, res, key);
    res.writeHead(write(req.method, key, body)).end();
  };
};

/**
 * Serves the part of S3 that the object store uses: the bucket `bucket`, with the access key `key` and secret `secret`
 * until a test replaces them.
 */
export const startFakeS3 = async (): Promise<FakeS3> => {
  let keys: S3Keys = { accessKey: 'key', secretKey: 'secret' };
  const respond = createBucket(() => keys);
  let broken: Broken | undefined;
  let requests = 0;
  const open = new Set<ServerResponse>();

  const server = await startServer((req, res) => {
    requests += 1;
    open.add(res);
    res.once('close', () => open.delete(res));
    const fails = broken && broken.times > 0 && (broken.method ?? req.method) === req.method;
    if (!broken || !fails) return void respond(req, res, new URL(req.url ?? '', `http://${req.headers.host}`));
    broken.times -= 1;
    if (broken.status === 0) req.socket.destroy();
    else if (broken.body !== undefined) res.writeHead(broken.status).end(broken.body);
    else if (broken.status > 0) error(res, broken.status, 'Broken');
  });
  return {
    url: server.url,
    requests: () => requests,
    idle: async () => {
      while (open.size > 0) await Promise.all([...open].map((res) => once(res, 'close')));
    },
    break: (next) => {
      broken = next;
    },
    accept: (next) => {
      keys = next;
    },
    close: server.close,
  };
};
