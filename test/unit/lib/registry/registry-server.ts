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

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
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
