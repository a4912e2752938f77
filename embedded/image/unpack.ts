import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { blobPath, type Manifest } from './layout.ts';

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';
const maxLinks = 40;
/**
 * Matches the target of an absolute link to /workspace, /layers or /cnb in an image. In an unpacked image, the link
 * must lead below the folder into which the image is unpacked.
 */
const ownFolders = /^\/(workspace|layers|cnb)(?=\/|$)/;

/** Returns the parts of a path in an image, without empty parts. `..` never leads above the image's root. */
const partsOf = (path: string): string[] => {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
};

const linkTarget = async (path: string): Promise<string | undefined> => {
  try {
    return await readlink(path);
  } catch {
    return undefined;
  }
};

type Walk = { current: string[]; ahead: string[] };

/** Follows a symbolic link in an unpacked image. An absolute link starts at the image's root again. */
const follow = (root: string, target: string, { current, ahead }: Walk): Walk => {
  const own = target.startsWith(root) ? target.slice(root.length) : target;
  // A link's target is not normalized: in the target "a/..", where "a" may be a link too, the ".." means the parent of
  // the folder to which "a" leads.
  const words = own.split('/').filter((word) => word !== '' && word !== '.');
  return { current: target.startsWith('/') ? [] : current, ahead: [...words, ...ahead] };
};

/**
 * Returns the place of an image's path in the unpacked image below `root`. Symbolic links are followed as in a
 * container: an absolute link starts at `root` again, and no link leads out of `root`. The last part of the path is not
 * followed.
 */
export const resolveInRoot = async (root: string, path: string): Promise<string> => {
  let walk: Walk = { current: [], ahead: partsOf(path) };
  let links = 0;
  while (walk.ahead.length > 1) {
    const [part = '', ...ahead] = walk.ahead;
    const { current } = walk;
    const target = part === '..' ? undefined : await linkTarget(join(root, ...current, part));
    if (target !== undefined) {
      links += 1;
      if (links > maxLinks) throw new Error(`The path ${path} has too many symbolic links.`);
      walk = follow(root, target, { current, ahead });
    } else walk = { current: part === '..' ? current.slice(0, -1) : [...current, part], ahead };
  }
  return join(root, ...walk.current, ...walk.ahead);
};

const isFolder = async (path: string): Promise<boolean> =>
  lstat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );

/**
 * Calls `make` to create a file, folder or link at `path`. If `path` exists, it is removed first, because a write must
 * not follow a link that an earlier layer put there.
 */
const create = async <T>(path: string, make: () => Promise<T>): Promise<T> => {
  try {
    return await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') await rm(path, { recursive: true, force: true });
    else if (code === 'ENOENT') await mkdir(dirname(path), { recursive: true });
    else throw error;
    return make();
  }
};

const applyWhiteout = async (root: string, name: string): Promise<void> => {
  const folder = dirname(await resolveInRoot(root, name));
  if (basename(name) === opaque) {
    for (const child of await readdir(folder).catch(() => [])) await rm(join(folder, child), { recursive: true });
    return;
  }
  const hidden = basename(name).slice(whiteout.length);
  if (hidden !== '' && hidden !== '.' && hidden !== '..')
    await rm(join(folder, hidden), { recursive: true, force: true });
};

type Extraction = { root: string; path: string; header: Header; content: Readable };

const makeFolder = async ({ path }: Extraction): Promise<void> => {
  if (await isFolder(path)) return;
  await create(path, () => mkdir(path));
};

const makeLink = async ({ root, path, header }: Extraction): Promise<void> => {
  const target = header.linkname;
  await create(path, () => symlink(ownFolders.test(target) ? root + target : target, path));
};

const makeHardLink = async ({ root, path, header }: Extraction): Promise<void> => {
  const target = await resolveInRoot(root, header.linkname);
  if (target === path) return;
  await create(path, () => link(target, path));
};

/** Writes a file of an image without the set-user-id bits. The flag "wx" refuses to write through an existing link. */
const makeFile = async ({ path, header, content }: Extraction): Promise<void> => {
  const file = await create(path, () => open(path, 'wx', header.mode & 0o755));
  await pipeline(content, file.createWriteStream());
};

const makers: Partial<Record<Header['type'], (place: Extraction) => Promise<void>>> = {
  directory: makeFolder,
  symlink: makeLink,
  link: makeHardLink,
  file: makeFile,
  'contiguous-file': makeFile,
};

const applyEntry = async (root: string, header: Header, content: Readable): Promise<void> => {
  if (partsOf(header.name).length === 0) return;
  if (basename(header.name).startsWith(whiteout)) return applyWhiteout(root, header.name);
  const path = await resolveInRoot(root, header.name);
  await makers[header.type]?.({ root, path, header, content });
};

/**
 * Unpacks one image layer, a tar or gzipped tar file, over the earlier layers below `root`. No entry, link or whiteout
 * of the layer changes a file outside `root`. Devices and pipes are left out.
 * @see OCI image specification 1.1, layer.md
 */
export const unpackLayer = async (file: string, mediaType: string, root: string): Promise<void> => {
  const tar = extract();
  const streams = mediaType.endsWith('gzip') ? [createReadStream(file), createGunzip()] : [createReadStream(file)];
  const reading = pipeline([...streams, tar as unknown as NodeJS.WritableStream]);
  reading.catch(() => undefined);
  for await (const entry of tar) {
    await applyEntry(root, entry.header, entry as unknown as Readable);
    entry.resume();
  }
  await reading;
};

/** Unpacks all layers of an image into an empty folder. */
export const unpackImage = async (layout: string, manifest: Manifest, root: string): Promise<void> => {
  for (const { digest, mediaType } of manifest.layers) await unpackLayer(blobPath(layout, digest), mediaType, root);
};
