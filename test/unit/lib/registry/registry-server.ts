import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Served = { url: string; requests: string[]; close(): Promise<void> };

/** Starts an HTTP server on 127.0.0.1. `requests` lists "METHOD path" of every request. */
export const serve = async (listener: RequestListener): Promise<Served> => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

export const user = 'robot$builds';
export const password = 'correct horse: battery';
const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
};

const harborError = (code: string, message: string) => ({ errors: [{ code, message }] });

type HarborProject = { hard: number; used: number | null; repositories: Record<string, string[]> };
export type HarborSettings = {
  projects: Record<string, HarborProject>;
  /** Status of Harbor's response for a missing project: 404 for administrators (default), 403 for robot accounts. */
  missing?: number;
  /** Digests of artifacts that an immutability rule protects. */
  immutable?: string[];
  links?: boolean;
};

/** Sends one page of a list, with the headers of Harbor: X-Total-Count, and Link where `links` is set. */
const page = (response: ServerResponse, url: URL, items: unknown[], links: boolean): void => {
  const [number, size] = [Number(url.searchParams.get('page')), Number(url.searchParams.get('page_size'))];
  const last = number * size >= items.length;
  const next = `<${url.pathname}?page=${number + 1}&page_size=${size}>; rel="next"`;
  send(response, 200, items.slice((number - 1) * size, number * size), {
    'X-Total-Count': String(items.length),
    ...(links && !last ? { Link: `<${url.pathname}?page=1>; rel="prev" , ${next}` } : {}),
  });
};

const artifact = (digest: string, index: number) => ({
  id: index,
  type: 'IMAGE',
  media_type: 'application/vnd.docker.container.image.v1+json',
  manifest_media_type: 'application/vnd.docker.distribution.manifest.v2+json',
  digest,
  size: 1000,
  project_id: 7,
  push_time: '2025-01-01T00:00:00.000Z',
  references: null,
  tags: [{ id: index, name: 'latest', immutable: false }],
});

/** Serves the part of Harbor's API 2.0 that the registry client uses, with the schemas of Harbor's swagger file. */
export const harbor =
  (settings: HarborSettings): RequestListener =>
  (request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    const name = url.pathname.split('/')[4];
    const project = settings.projects[name ?? url.searchParams.get('project_name') ?? ''];
    if (request.headers.authorization !== basic) send(response, 401, harborError('UNAUTHORIZED', 'unauthorized'));
    else if (name === undefined) send(response, project ? 200 : 404, undefined);
    else if (project) inProject({ request, response, url, project, settings }, name);
    else send(response, settings.missing ?? 404, harborError('NOT_FOUND', `project ${name} not found`));
  };

const inProject = (exchange: Exchange, name: string): void => {
  const { response, url, project, settings } = exchange;
  const [what, repository, , digest] = url.pathname.split('/').slice(5);
  if (what === 'summary') send(response, 200, summaryOf(project));
  else if (repository === undefined) page(response, url, repositoriesOf(name, project), settings.links ?? true);
  else artifacts(exchange, decodeURIComponent(decodeURIComponent(repository)), digest);
};

const summaryOf = (project: HarborProject) => ({
  repo_count: Object.keys(project.repositories).length,
  project_admin_count: 1,
  maintainer_count: 0,
  developer_count: 0,
  guest_count: 0,
  limited_guest_count: 0,
  quota: { hard: { storage: project.hard }, used: { storage: project.used } },
});

const repositoriesOf = (name: string, project: HarborProject) =>
  Object.entries(project.repositories).map(([repository, digests], id) => ({
    id,
    project_id: 7,
    name: `${name}/${repository}`,
    artifact_count: digests.length,
    pull_count: 0,
    creation_time: '2025-01-01T00:00:00.000Z',
    update_time: '2025-01-01T00:00:00.000Z',
  }));

type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  project: HarborProject;
  settings: HarborSettings;
};

const artifacts = (exchange: Exchange, repository: string, digest: string | undefined): void => {
  const { request, response, url, project, settings } = exchange;
  const digests = project.repositories[repository];
  if (digests === undefined) send(response, 404, harborError('NOT_FOUND', `repository ${repository} not found`));
  else if (request.method === 'GET') page(response, url, digests.map(artifact), settings.links ?? true);
  else if (digest === undefined || !digests.includes(digest)) send(response, 404, harborError('NOT_FOUND', 'artifact'));
  else if (settings.immutable?.includes(digest)) send(response, 412, harborError('PRECONDITION', 'immutable tag'));
  else {
    project.repositories[repository] = digests.filter((one) => one !== digest);
    send(response, 200, undefined);
  }
};

export const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

export type OciContent = Record<string, { tags: Record<string, string>; manifests: Record<string, object> }>;

type OciSettings = { delete?: number; digests?: boolean };

const pageOfTwo = (response: ServerResponse, url: URL, key: string, items: string[]): void => {
  const from = Number(url.searchParams.get('last') ?? 0);
  const next = `<${url.pathname}?n=2&last=${from + 2}>; rel="next"`;
  const body = { name: 'x', [key]: items.slice(from, from + 2) };
  send(response, 200, body, from + 2 < items.length ? { Link: next } : {});
};

/** Serves the part of the OCI distribution API that the registry client uses. Lists have pages of two items. */
export const oci =
  (content: OciContent, settings: OciSettings = {}): RequestListener =>
  (request, response) => {
    const url = new URL(request.url ?? '/', 'http://registry');
    const [, name = '', what, reference = ''] = /^\/v2\/(.*)\/(tags|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    const repository = content[name];
    if (url.pathname === '/v2/_catalog') pageOfTwo(response, url, 'repositories', Object.keys(content));
    else if (repository === undefined) send(response, 404, { errors: [{ code: 'NAME_UNKNOWN' }] });
    else if (what === 'tags') pageOfTwo(response, url, 'tags', Object.keys(repository.tags));
    else manifest(request, response, repository, repository.tags[reference] ?? reference, settings);
  };

const manifest = (
  request: IncomingMessage,
  response: ServerResponse,
  { manifests }: OciContent[string],
  digest: string,
  settings: OciSettings,
): void => {
  const found = manifests[digest];
  if (found === undefined) send(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  else if (request.method === 'DELETE') {
    if ((settings.delete ?? 202) < 300) delete manifests[digest];
    send(response, settings.delete ?? 202, undefined);
  } else send(response, 200, found, settings.digests === false ? {} : { 'Docker-Content-Digest': digest });
};
