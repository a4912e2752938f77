/**
 * The part of the fake of Harbor that takes images: the OCI distribution API behind Harbor's checks of credentials,
 * projects, quotas and immutable tags, with Harbor's messages. Images are kept in memory.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { displaySize } from '../../../embedded/lifecycle/storage-limit.ts';
import { RegistryError } from '../../../embedded/registry/registry-error.ts';
import type { HarborProject } from './bodies.ts';
import { mayDo, type Robot, robotOf } from './robots.ts';

type Manifest = { body: Buffer; type: string };
type Repository = { name: string; project: string; image: string };
type Upload = { repository: Repository; id: string; digest: string };
export type PushOptions = {
  robots: readonly Robot[];
  projects: Map<string, HarborProject>;
  /** Digests of artifacts whose tags an immutability rule protects. */
  immutable: readonly string[];
};

type Exchange = { request: IncomingMessage; response: ServerResponse; url: URL };

const unauthorized = (message: string): RegistryError =>
  new RegistryError(401, 'UNAUTHORIZED', `${message}: ${message}`);
const digestOf = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Returns the digests of all blobs that an image's manifest names. */
const blobsIn = ({ body }: Manifest): string[] => {
  const { config, layers = [], manifests = [] } = JSON.parse(body.toString()) as Record<string, never>;
  return [config, ...(layers as object[]), ...(manifests as object[])].flatMap((item) =>
    item ? [(item as { digest: string }).digest] : [],
  );
};

/** Takes images like Harbor. One object serves one registry. */
export class PushRegistry {
  readonly #options: PushOptions;
  readonly #blobs = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Manifest>();
  /** Digests of the blobs that count for a project. */
  readonly #counted = new Map<HarborProject, Set<string>>();
  readonly #tokens = new Map<string, Robot | undefined>();

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Tells whether a request is for the registry, and not for Harbor's API. */
  takes({ pathname }: URL): boolean {
    return pathname === '/service/token' || pathname.startsWith('/v2/');
  }

  /** Responds to a request for the registry. */
  async handle(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange;
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    try {
      if (url.pathname === '/service/token') this.#sendToken(exchange);
      else await this.#serve(exchange);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const { status, code, message } = error;
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(request.method === 'HEAD' ? '' : JSON.stringify({ errors: [{ code, message }] }));
    }
  }

  /** Sends a token. A wrong password gives the token of an anonymous caller, as at Harbor. */
  #sendToken({ request, response }: Exchange): void {
    const token = randomUUID();
    this.#tokens.set(token, robotOf(this.#options.robots, request.headers.authorization));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token, expires_in: 1800 }));
  }

  async #serve(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange;
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!this.#tokens.has(token)) {
      const realm = `Bearer realm="http://${request.headers.host}/service/token",service="harbor-registry"`;
      response.setHeader('www-authenticate', realm);
      throw unauthorized('unauthorized');
    }
    if (url.pathname === '/v2/') return void response.end('{}');
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    const [project = '', ...image] = name.split('/');
    const repository = { name, project, image: image.join('/') };
    this.#authorize(repository, this.#tokens.get(token), request.method ?? 'GET');
    if (kind === 'manifests') await this.#manifest(exchange, repository, reference);
    else if (kind === 'blobs') await this.#blob(exchange, repository, reference);
    else throw new RegistryError(404, 'NOT_FOUND', 'page not found');
  }

  #authorize({ name, project }: Repository, robot: Robot | undefined, method: string): void {
    const found = this.#options.projects.get(project);
    if (!found) throw unauthorized(`project ${project} not found`);
    const action = ['GET', 'HEAD'].includes(method) ? 'pull' : 'push';
    const mayPull = found.isPublic && action === 'pull';
    if (mayPull || (robot && mayDo(robot, { kind: 'project', resource: 'repository', action }, project))) return;
    throw unauthorized(`unauthorized to access repository: ${name}, action: ${action}`);
  }

  /** Counts new blobs for a project. @throws RegistryError 403 beyond the project's limit */
  #count(project: HarborProject, blobs: ReadonlyMap<string, number>): void {
    const counted = this.#counted.get(project) ?? new Set();
    this.#counted.set(project, counted);
    const asked = [...blobs].reduce((sum, [digest, size]) => sum + (counted.has(digest) ? 0 : size), 0);
    const { limit = -1, used } = project;
    if (limit >= 0 && used + asked > limit)
      throw new RegistryError(
        403,
        'DENIED',
        `adding ${displaySize(asked)} of storage resource, which when updated to current usage of ${displaySize(used)} will exceed the configured upper limit of ${displaySize(limit)}.`,
      );
    project.used += asked;
    for (const digest of blobs.keys()) counted.add(digest);
  }

  #projectOf({ project }: Repository): HarborProject {
    const found = this.#options.projects.get(project);
    if (!found) throw new RegistryError(404, 'NOT_FOUND', `project ${project} not found`);
    return found;
  }

  async #blob({ request, response, url }: Exchange, repository: Repository, reference: string): Promise<void> {
    const [, id] = /^uploads\/(.*)$/.exec(reference) ?? [];
    const digest = url.searchParams.get('digest') ?? '';
    if (id !== undefined) return this.#upload(request, response, { repository, id, digest });
    const blob = this.#blobs.get(reference);
    const isCounted = this.#counted.get(this.#projectOf(repository))?.has(reference);
    if (!blob || !isCounted) throw new RegistryError(404, 'NOT_FOUND', `blob ${reference} not found`);
    response.writeHead(200, { 'content-length': blob.length, 'docker-content-digest': reference });
    response.end(request.method === 'HEAD' ? undefined : blob);
  }

  async #upload(request: IncomingMessage, response: ServerResponse, { repository, id, digest }: Upload): Promise<void> {
    const data = Buffer.concat([this.#uploads.get(id) ?? Buffer.alloc(0), await buffer(request)]);
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    if (request.method === 'PUT') {
      if (digestOf(data) !== digest) throw new RegistryError(400, 'DIGEST_INVALID', 'provided digest did not match');
      this.#count(this.#projectOf(repository), new Map([[digest, data.length]]));
      this.#blobs.set(digest, data);
      return void response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
    const next = id || randomUUID();
    this.#uploads.set(next, data);
    const location = `/v2/${repository.name}/blobs/uploads/${next}?_state=state`;
    response.writeHead(202, { location, range: `0-${Math.max(0, data.length - 1)}` }).end();
  }

  async #manifest({ request, response }: Exchange, repository: Repository, reference: string): Promise<void> {
    if (request.method === 'PUT') return this.#putManifest(request, response, repository, reference);
    const found = this.#manifests.get(`${repository.name}@${reference}`);
    const kept = this.#projectOf(repository).repositories[repository.image] ?? [];
    if (!found || !kept.includes(digestOf(found.body)))
      throw new RegistryError(404, 'NOT_FOUND', `artifact ${repository.name}:${reference} not found`);
    const headers = { 'content-type': found.type, 'docker-content-digest': digestOf(found.body) };
    response.writeHead(200, { ...headers, 'content-length': found.body.length });
    response.end(request.method === 'HEAD' ? undefined : found.body);
  }

  async #putManifest(
    request: IncomingMessage,
    response: ServerResponse,
    { name, project, image }: Repository,
    reference: string,
  ): Promise<void> {
    const manifest = { body: await buffer(request), type: request.headers['content-type'] ?? '' };
    const present = this.#manifests.get(`${name}@${reference}`);
    if (present && this.#options.immutable.includes(digestOf(present.body)))
      throw new RegistryError(
        412,
        'PRECONDITION',
        `Failed to process request due to '${image}:${reference}' configured as immutable.`,
      );
    const target = this.#projectOf({ name, project, image });
    const digest = digestOf(manifest.body);
    const sizes = blobsIn(manifest).map((blob) => [blob, this.#blobs.get(blob)?.length ?? 0] as const);
    this.#count(target, new Map([[digest, manifest.body.length], ...sizes]));
    for (const key of [digest, reference]) this.#manifests.set(`${name}@${key}`, manifest);
    const digests = target.repositories[image] ?? [];
    target.repositories[image] = [...new Set([...digests, digest])];
    response.writeHead(201, { 'docker-content-digest': digest }).end();
  }
}
