import { createHash } from 'node:crypto';
import type { MaybeSignal } from '../abort.ts';
import { forEachParallel } from '../concurrency.ts';
import type { RegistryClient, RegistryResponse } from './client.ts';
import { nextPage, parseJson, refused, unavailable, unexpected } from './client.ts';
import type { Cleaned, Strategy } from './strategy.ts';

/**
 * Limit of pages that are read of one list of the registry. A page of the registry's catalog has up to 1,000
 * repositories.
 */
const maxPages = 1000;
const parallelReads = 4;
/** Limit of levels that are followed from a tag through image indexes to image manifests. */
const maxDepth = 3;
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const digestPattern = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-zA-Z=_-]{32,}$/;

/** Client and abort signal, which each request of an operation on an OCI registry needs. */
type OciContext = { client: RegistryClient; signal: MaybeSignal };

type Descriptor = { digest: string; size: number };
type Manifest = { digest: string; size: number; blobs: Descriptor[]; children: Descriptor[] };

const isDescriptor = (value: Partial<Descriptor> | null | undefined): value is Descriptor =>
  typeof value?.digest === 'string' &&
  digestPattern.test(value.digest) &&
  typeof value.size === 'number' &&
  Number.isSafeInteger(value.size) &&
  value.size >= 0;

const descriptorsIn = (value: unknown): Descriptor[] => (Array.isArray(value) ? value : [value]).filter(isDescriptor);

const readManifest = (response: RegistryResponse): Manifest => {
  const body = (parseJson(response) ?? {}) as { config?: unknown; layers?: unknown; manifests?: unknown };
  const computed = `sha256:${createHash('sha256').update(response.body).digest('hex')}`;
  return {
    digest: response.headers.get('docker-content-digest') ?? computed,
    size: response.body.length,
    blobs: [...descriptorsIn(body.config), ...descriptorsIn(body.layers)],
    children: descriptorsIn(body.manifests),
  };
};

/**
 * Returns the items of all pages of a list, which each response holds under `key`. A list that does not exist is empty.
 */
const list = async ({ client, signal }: OciContext, path: string, key: string): Promise<string[]> => {
  const items: string[] = [];
  let next: string | undefined = path;
  for (let page = 1; next !== undefined && page <= maxPages; page += 1) {
    const response = await client.send(next, { signal });
    if (response.status === 404) break;
    if (response.status !== 200) throw unexpected(response, path);
    const values = ((parseJson(response) ?? {}) as Record<string, unknown>)[key] ?? [];
    if (!Array.isArray(values)) throw unavailable(new Error(`${path}: no list`));
    items.push(...values.filter((value) => typeof value === 'string'));
    next = nextPage(response.headers);
  }
  return items;
};

const listRepositories = async (context: OciContext, project: string): Promise<string[]> => {
  const all = await list(context, '/v2/_catalog?n=1000', 'repositories');
  return all.filter((name) => name.startsWith(`${project}/`));
};

/** Reads a manifest of an image. Undefined where the manifest does not exist. @param reference a tag or a digest */
const getManifest = async (
  { client, signal }: OciContext,
  repository: string,
  reference: string,
): Promise<Manifest | undefined> => {
  const path = `/v2/${repository}/manifests/${reference}`;
  const response = await client.send(path, { accept: manifestTypes, signal });
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw unexpected(response, path);
  return readManifest(response);
};

/** Returns every manifest that the tags of a repository lead to, by digest. An index comes before its manifests. */
const listManifests = async (context: OciContext, repository: string): Promise<Map<string, Manifest>> => {
  const known = new Map<string, Manifest>();
  let references = await list(context, `/v2/${repository}/tags/list`, 'tags');
  for (let depth = 0; depth < maxDepth && references.length > 0; depth += 1) {
    const children: string[] = [];
    await forEachParallel(references, parallelReads, async (reference) => {
      const found = await getManifest(context, repository, reference);
      if (found === undefined || known.has(found.digest)) return;
      known.set(found.digest, found);
      children.push(...found.children.map(({ digest }) => digest));
    });
    references = children;
  }
  return known;
};

/** Deletes a manifest. Returns whether this request deleted the manifest. */
const remove = async ({ client, signal }: OciContext, repository: string, digest: string): Promise<boolean> => {
  const path = `/v2/${repository}/manifests/${digest}`;
  const response = await client.send(path, { method: 'DELETE', signal });
  const { status } = response;
  if (status === 404) return false;
  if (status >= 200 && status < 300) return true;
  if (status !== 405) throw unexpected(response, path);
  throw refused('The image registry does not allow the deletion of images. Ask its administrators to allow it.');
};

/**
 * Returns the size of all blobs and manifests of a project in bytes. A blob that several images share counts only once.
 */
const measure = async (context: OciContext, project: string): Promise<{ usedBytes: number }> => {
  const sizes = new Map<string, number>();
  for (const repository of await listRepositories(context, project)) {
    for (const { digest, size, blobs } of (await listManifests(context, repository)).values()) {
      for (const blob of [{ digest, size }, ...blobs]) sizes.set(blob.digest, blob.size);
    }
  }
  return { usedBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
};

const clean = async (context: OciContext, project: string): Promise<Cleaned> => {
  const cleaned: Cleaned = { deleted: 0, repositories: [] };
  for (const repository of await listRepositories(context, project)) {
    const before = cleaned.deleted;
    // Some registries refuse to delete a manifest while an index refers to the manifest, so indexes are deleted first.
    for (const digest of (await listManifests(context, repository)).keys()) {
      if (await remove(context, repository, digest)) cleaned.deleted += 1;
    }
    if (cleaned.deleted > before) cleaned.repositories.push(repository);
  }
  return cleaned;
};

/**
 * Makes a client of any registry that follows the OCI distribution specification and has a catalog. Such a registry has
 * no quotas.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export const createOci = (client: RegistryClient): Strategy => ({
  // A push makes its repository.
  prepare: async () => undefined,
  storage: (project, signal) => measure({ client, signal }, project),
  clean: (project, signal) => clean({ client, signal }, project),
});
