import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { hasCredential } from '../credential.ts';
import {
  blobPath,
  changeLayout,
  findManifest,
  type ImageIndex,
  layoutFolder,
  listRepositories,
  projectUsage,
  readIndex,
  refName,
} from '../image/layout.ts';
import { digestPattern, repositoryPattern, tagPattern } from '../image/reference.ts';
import { page, readRange } from './pages.ts';
import { RegistryError } from './registry-error.ts';

type RegistryOptions = {
  imagesFolder: string;
  /** User name and password of the only account that may delete images. Everybody may list and read images. */
  account: { username: string; password: string };
};

export type Registry = {
  handler(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Returns the repositories of a project and their size in bytes: the repository with the project's name, and all
   * repositories below `PROJECT/`.
   */
  usage(project: string): Promise<{ repositories: string[]; bytes: number }>;
};

type Exchange = {
  imagesFolder: string;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  repository: string;
  reference: string;
};

const sendJson = ({ request, response }: Exchange, value: object, headers: Record<string, string> = {}): void => {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
};

const existingIndex = async ({ imagesFolder, repository }: Exchange): Promise<ImageIndex> => {
  const index = await readIndex(layoutFolder({ imagesFolder, repository }));
  if (index === undefined) throw new RegistryError(404, 'NAME_UNKNOWN', `There is no repository ${repository}.`);
  return index;
};

const catalog = async (exchange: Exchange): Promise<void> => {
  const { items, link } = page(await listRepositories(exchange.imagesFolder), exchange.url);
  sendJson(exchange, { repositories: items }, link);
};

const tags = async (exchange: Exchange): Promise<void> => {
  const { manifests } = await existingIndex(exchange);
  const names = manifests.flatMap(({ annotations }) => annotations?.[refName] ?? []).sort();
  const { items, link } = page(names, exchange.url);
  sendJson(exchange, { name: exchange.repository, tags: items }, link);
};

/** Sends a blob of an image, or the requested range of the blob, as a stream. */
const sendBlob = async ({ request, response, ...where }: Exchange, digest: string, type: string): Promise<void> => {
  const file = blobPath(layoutFolder(where), digest);
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) throw new RegistryError(404, 'BLOB_UNKNOWN', `There is no blob ${digest}.`);
  const headers = {
    'content-type': type,
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  };
  const range = readRange(request.headers.range, info.size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${info.size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: info.size - 1 };
  const part = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${info.size}` };
  response.writeHead(range === undefined ? 200 : 206, { ...headers, ...part, 'content-length': end - start + 1 });
  if (request.method === 'HEAD' || info.size === 0) response.end();
  else await pipeline(createReadStream(file, { start, end }), response);
};

const getManifest = async (exchange: Exchange): Promise<void> => {
  const found = findManifest(await existingIndex(exchange), exchange.reference);
  if (found === undefined)
    throw new RegistryError(404, 'MANIFEST_UNKNOWN', `There is no manifest ${exchange.reference}.`);
  await sendBlob(exchange, found.digest, found.mediaType);
};

/**
 * Deletes an image's manifest. A tag in the request's path deletes that tag; a digest deletes all tags of the manifest.
 * Blobs that no manifest needs are deleted, too.
 */
const deleteManifest = async (exchange: Exchange): Promise<void> => {
  const { imagesFolder, repository, reference, response } = exchange;
  if (findManifest(await existingIndex(exchange), reference) === undefined) {
    throw new RegistryError(404, 'MANIFEST_UNKNOWN', `There is no manifest ${reference}.`);
  }
  await changeLayout(
    { imagesFolder, repository },
    {
      change: (index) => ({
        ...index,
        manifests: index.manifests.filter(
          ({ digest, annotations }) => digest !== reference && annotations?.[refName] !== reference,
        ),
      }),
    },
  );
  response.writeHead(202, { 'content-length': 0 }).end();
};

type Route = { methods: string[]; path: RegExp; handle: (exchange: Exchange) => Promise<void> | void };

const routes: Route[] = [
  { methods: ['GET', 'HEAD'], path: /^\/v2\/?$/, handle: (exchange) => sendJson(exchange, {}) },
  { methods: ['GET', 'HEAD'], path: /^\/v2\/_catalog$/, handle: catalog },
  { methods: ['GET', 'HEAD'], path: /^\/v2\/(?<repository>.+)\/tags\/list$/, handle: tags },
  { methods: ['DELETE'], path: /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/, handle: deleteManifest },
  { methods: ['GET', 'HEAD'], path: /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/, handle: getManifest },
  {
    methods: ['GET', 'HEAD'],
    path: /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/,
    handle: (exchange) => {
      if (!digestPattern.test(exchange.reference))
        throw new RegistryError(
          400,
          'DIGEST_INVALID',
          'The digest is invalid. Write sha256: and 64 hexadecimal digits.',
        );
      return sendBlob(exchange, exchange.reference, 'application/octet-stream');
    },
  },
];

const findRoute = (method: string, path: string) => {
  const matching = routes.filter((route) => route.path.test(path));
  if (matching.length === 0) throw new RegistryError(404, 'NOT_FOUND', 'There is nothing at this path.');
  const route = matching.find(({ methods }) => methods.includes(method));
  if (route === undefined) throw new RegistryError(405, 'UNSUPPORTED', 'This registry only lists, reads and deletes.');
  const { repository = '', reference = '' } = route.path.exec(path)?.groups ?? {};
  if (repository !== '' && (!repositoryPattern.test(repository) || repository.length > 255)) {
    throw new RegistryError(400, 'NAME_INVALID', 'The name of the repository is invalid.');
  }
  if (reference !== '' && !digestPattern.test(reference) && !tagPattern.test(reference)) {
    const code = reference.includes(':') ? 'DIGEST_INVALID' : 'TAG_INVALID';
    throw new RegistryError(400, code, 'The reference is neither a tag nor a digest.');
  }
  return { route, repository, reference };
};

/**
 * Checks the credential of a request that changes something. A request that only reads needs none, as in a public
 * project of Harbor.
 */
const authenticate = (
  { method = '', headers }: IncomingMessage,
  response: ServerResponse,
  { username, password }: RegistryOptions['account'],
): void => {
  if (['GET', 'HEAD'].includes(method)) return;
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  if (hasCredential(headers, expected)) return;
  response.setHeader('www-authenticate', 'Basic realm="registry"');
  throw new RegistryError(401, 'UNAUTHORIZED', 'Only the account of the functions may change images.');
};

const handleRequest = async (
  { imagesFolder, account }: RegistryOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  authenticate(request, response, account);
  const url = new URL(`http://localhost${request.url ?? '/'}`);
  const { route, repository, reference } = findRoute(request.method ?? 'GET', url.pathname);
  await route.handle({ imagesFolder, request, response, url, repository, reference });
};

const refuse = (response: ServerResponse, error: unknown): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const unexpected = new RegistryError(500, 'UNKNOWN', 'The registry failed. Try again.');
  const { status, code, message } = error instanceof RegistryError ? error : unexpected;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
};

/**
 * Makes an image registry over a folder of OCI layouts, with the part of the OCI distribution API that reads and
 * deletes.
 * @see OCI distribution specification 1.1
 */
export const createRegistry = (options: RegistryOptions): Registry => ({
  handler: (request, response) => {
    handleRequest(options, request, response).catch((error) => refuse(response, error));
  },
  usage: (project) => projectUsage(options.imagesFolder, project),
});
