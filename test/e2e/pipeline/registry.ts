import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { setting } from './cluster.ts';

type Descriptor = { digest: string; size: number; mediaType: string };
export type Manifest = { config: Descriptor; layers: Descriptor[] };

const accept = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];
const address = (): URL => new URL(setting('TEST_REGISTRY'));

/** Returns the full name of an image in the tests' registry: host and path, as the parameter of a build. */
export const imageName = (path: string): string => `${address().host}/${path}`;

const get = async (path: string): Promise<Response> => {
  const response = await fetch(new URL(`/v2/${path}`, address()), { headers: { accept: accept.join(', ') } });
  if (!response.ok) throw new Error(`GET ${path}: status ${response.status}: ${await response.text()}`);
  return response;
};

/** Returns the manifest of an image. @param reference a tag or a digest */
export const readManifest = async (path: string, reference: string): Promise<Manifest & { digest: string }> => {
  const response = await get(`${path}/manifests/${reference}`);
  return { ...((await response.json()) as Manifest), digest: response.headers.get('docker-content-digest') ?? '' };
};

export type ImageConfig = { config: Record<string, unknown>; rootfs: { diff_ids: string[] } };

export const readConfig = async (path: string, { config }: Manifest): Promise<ImageConfig> =>
  (await get(`${path}/blobs/${config.digest}`)).json() as Promise<ImageConfig>;

/**
 * Returns the digests of the uncompressed layers of an image.
 * @param reference the image's name with host, and with a tag or digest
 */
export const layersOf = async (reference: string): Promise<string[]> => {
  const [, path = '', tag = 'latest', digest] = /^[^/]+\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(reference) ?? [];
  return (await readConfig(path, await readManifest(path, digest ?? tag))).rootfs.diff_ids;
};

/** Returns the files of an image's layer: content by path. */
export const readLayer = async (path: string, layer: Descriptor): Promise<Record<string, string>> => {
  const { body } = await get(`${path}/blobs/${layer.digest}`);
  if (body === null) return {};
  const unpacked = Readable.fromWeb(body as import('node:stream/web').ReadableStream)
    .pipe(createGunzip())
    .pipe(extract());
  const files: Record<string, string> = {};
  for await (const entry of unpacked) files[entry.header.name] = (await buffer(entry)).toString('latin1');
  return files;
};

/** Removes an image from the tests' registry, if the registry allows removals. */
export const removeImage = async (path: string, reference: string): Promise<void> => {
  const found = await readManifest(path, reference).catch(() => undefined);
  if (found) await fetch(new URL(`/v2/${path}/manifests/${found.digest}`, address()), { method: 'DELETE' });
};
