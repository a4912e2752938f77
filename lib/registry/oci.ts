import { createHash } from 'node:crypto';
import { forEachParallel } from '../concurrency.ts';
import { ApiError } from '../errors.ts';
import type { RegistryClient, RegistryResponse } from './client.ts';
import { nextPage, parseJson, unavailable } from './client.ts';
import type { Cleaned } from './registry.ts';

const maxPages = 1000;
const readsAtOnce = 4;
const maxDepth = 3;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-zA-Z=_-]{32,}$/;

export type Oci = {
  /** Bytes of all blobs and manifests of a project's repositories, each counted once. */
  storage(project: string, signal: AbortSignal | undefined): Promise<{ usedBytes: number }>;
  clean(project: string, signal: AbortSignal | undefined): Promise<Cleaned>;
};

type Descriptor = { digest: string; size: number };
type Manifest = { digest: string; size: number; blobs: Descriptor[]; children: Descriptor[] };
type Signal = AbortSignal | undefined;

const descriptorsIn = (value: unknown): Descriptor[] => {
  const list = Array.isArray(value) ? value : [value];
  return list.filter(
    (entry): entry is Descriptor =>
      typeof entry?.digest === 'string' &&
      DIGEST.test(entry.digest) &&
      Number.isSafeInteger(entry.size) &&
      entry.size >= 0,
  );
};

const readManifest = (answer: RegistryResponse): Manifest => {
  const body = (parseJson(answer) ?? {}) as { config?: unknown; layers?: unknown; manifests?: unknown };
  const computed = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
  return {
    digest: answer.headers.get('docker-content-digest') ?? computed,
    size: answer.body.length,
    blobs: [...descriptorsIn(body.config), ...descriptorsIn(body.layers)],
    children: descriptorsIn(body.manifests),
  };
};

/**
 * Any registry that follows the OCI distribution specification and keeps a catalog
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). It knows no quotas.
 */
export const createOci = (client: RegistryClient): Oci => {
  /** All pages of a list under one key; missing is empty. */
  const list = async (path: string, key: string, signal: Signal): Promise<string[]> => {
    const items: string[] = [];
    let next: string | undefined = path;
    for (let page = 1; next !== undefined && page <= maxPages; page += 1) {
      const answer = await client.send(next, { signal });
      if (answer.status === 404) break;
      if (answer.status !== 200) throw unavailable(new Error(`${path}: status ${answer.status}`));
      const values = ((parseJson(answer) ?? {}) as Record<string, unknown>)[key] ?? [];
      if (!Array.isArray(values)) throw unavailable(new Error(`${path}: no list`));
      items.push(...values.filter((value) => typeof value === 'string'));
      next = nextPage(answer.headers);
    }
    return items;
  };

  const repositories = async (project: string, signal: Signal): Promise<string[]> => {
    const all = await list('/v2/_catalog?n=1000', 'repositories', signal);
    return all.filter((name) => name.startsWith(`${project}/`));
  };

  const manifest = async (repository: string, reference: string, signal: Signal): Promise<Manifest | undefined> => {
    const path = `/v2/${repository}/manifests/${reference}`;
    const answer = await client.send(path, { accept: MANIFESTS, signal });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw unavailable(new Error(`${path}: status ${answer.status}`));
    return readManifest(answer);
  };

  /** Every manifest a repository's tags lead to, by digest. */
  const manifests = async (repository: string, signal: Signal): Promise<Map<string, Manifest>> => {
    const known = new Map<string, Manifest>();
    let references = await list(`/v2/${repository}/tags/list`, 'tags', signal);
    for (let depth = 0; depth < maxDepth && references.length > 0; depth += 1) {
      const children: string[] = [];
      await forEachParallel(references, readsAtOnce, async (reference) => {
        const found = await manifest(repository, reference, signal);
        if (found === undefined || known.has(found.digest)) return;
        known.set(found.digest, found);
        children.push(...found.children.map(({ digest }) => digest));
      });
      references = children;
    }
    return known;
  };

  const remove = async (repository: string, digest: string, signal: Signal): Promise<boolean> => {
    const path = `/v2/${repository}/manifests/${digest}`;
    const { status } = await client.send(path, { method: 'DELETE', signal });
    if (status === 404) return false;
    if (status >= 200 && status < 300) return true;
    if (status !== 405) throw unavailable(new Error(`${path}: status ${status}`));
    throw new ApiError(
      503,
      'registry_unavailable',
      'The image registry does not let images be deleted; ask its administrators.',
    );
  };

  return {
    storage: async (project, signal) => {
      const sizes = new Map<string, number>();
      for (const repository of await repositories(project, signal)) {
        for (const { digest, size, blobs } of (await manifests(repository, signal)).values()) {
          for (const blob of [{ digest, size }, ...blobs]) sizes.set(blob.digest, blob.size);
        }
      }
      return { usedBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
    },
    clean: async (project, signal) => {
      const cleaned = { deleted: 0, repositories: [] as string[] };
      for (const repository of await repositories(project, signal)) {
        const before = cleaned.deleted;
        // Indexes come before what they point at, as some registries insist.
        for (const digest of (await manifests(repository, signal)).keys()) {
          if (await remove(repository, digest, signal)) cleaned.deleted += 1;
        }
        if (cleaned.deleted > before) cleaned.repositories.push(repository);
      }
      return cleaned;
    },
  };
};
