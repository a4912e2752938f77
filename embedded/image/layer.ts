import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Header, type Pack, pack } from 'tar-stream';
import { type Descriptor, layerType } from './layout.ts';

/**
 * An entry of the tar file of an image layer. `name` is a path below the image's root, without a slash at either end.
 * `isWritable` says that every user may write the entry, and not its owner alone.
 */
export type LayerEntry =
  | { type: 'directory'; name: string; isWritable?: boolean }
  | { type: 'symlink'; name: string; linkname: string }
  | { type: 'file'; name: string; executable: boolean; isWritable?: boolean; content: Buffer }
  | { type: 'file'; name: string; executable: boolean; isWritable?: boolean; source: string; size: number };

export type WrittenLayer = { descriptor: Descriptor; diffId: string };

/**
 * Every file of an image layer gets a fixed time and a fixed owner, as in Cloud Native Buildpacks, so that equal files
 * give an equal layer.
 */
export const layerTime: Date = new Date('1980-01-01T00:00:01Z');
const owner = { uid: 1001, gid: 1000 };
const smallFile = 1024 * 1024;

const headerOf = (entry: LayerEntry): Partial<Header> & { name: string } => {
  const common = { ...owner, name: entry.name, mtime: layerTime };
  if (entry.type === 'symlink') return { ...common, type: 'symlink', mode: 0o777, linkname: entry.linkname };
  const forOthers = entry.isWritable ? 0o022 : 0;
  if (entry.type === 'directory')
    return { ...common, name: `${entry.name}/`, type: 'directory', mode: 0o755 | forOthers };
  const size = 'content' in entry ? entry.content.length : entry.size;
  return { ...common, type: 'file', mode: (entry.executable ? 0o755 : 0o644) | forOthers, size };
};

const addEntry = (tar: Pack, entry: LayerEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (entry.type === 'file' && 'source' in entry) {
      const sink = tar.entry(headerOf(entry), done);
      pipeline(createReadStream(entry.source), sink as unknown as NodeJS.WritableStream).catch(reject);
    } else if (entry.type === 'file') tar.entry(headerOf(entry), entry.content, done);
    else tar.entry(headerOf(entry), done);
  });

const addAll = async (tar: Pack, entries: AsyncIterable<LayerEntry>): Promise<void> => {
  try {
    for await (const entry of entries) await addEntry(tar, entry);
    tar.finalize();
  } catch (error) {
    tar.destroy(error as Error);
    throw error;
  }
};

/** Makes a stage of a stream pipeline that passes bytes on and computes their SHA-256 digest. */
const digesting = () => {
  const hash = createHash('sha256');
  async function* pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { pass, digest: () => hash.digest('hex') };
};

/**
 * Writes the entries of an image layer as a gzipped tar file into `blobsFolder`. The file is named by its digest.
 * Memory use does not depend on the layer's size.
 */
export const writeLayer = async (entries: AsyncIterable<LayerEntry>, blobsFolder: string): Promise<WrittenLayer> => {
  const temporary = join(blobsFolder, `.${randomUUID()}`);
  const [plain, zipped, tar] = [digesting(), digesting(), pack()];
  const written = pipeline(
    Readable.from(tar as unknown as AsyncIterable<Buffer>),
    plain.pass,
    createGzip(),
    zipped.pass,
    createWriteStream(temporary),
  );
  await Promise.all([addAll(tar, entries), written]);
  const digest = zipped.digest();
  const { size } = await stat(temporary);
  await rename(temporary, join(blobsFolder, digest));
  return { descriptor: { mediaType: layerType, digest: `sha256:${digest}`, size }, diffId: `sha256:${plain.digest()}` };
};

async function* fileEntry(source: string, name: string, info: Stats): AsyncGenerator<LayerEntry> {
  const common = { type: 'file', name, executable: (info.mode & 0o100) !== 0, isWritable: true } as const;
  if (info.size > smallFile) yield { ...common, source, size: info.size };
  else yield { ...common, content: await readFile(source) };
}

export type WalkOptions = {
  /**
   * Returns the target that a symbolic link gets in the image, in place of a path on the build's machine. Default:
   * links keep their targets.
   */
  rewriteLink?: (target: string) => string;
  /** Name of the files and folders that are left out, wherever they are. Default: nothing is left out. */
  leftOut?: string;
};

/**
 * Yields a folder and everything in it as entries of an image layer, sorted by name, under the path `name`. Every user may
 * write the entries, since an application runs under any user. Sockets, pipes and devices are left out.
 */
export async function* walkFolder(folder: string, name: string, options: WalkOptions = {}): AsyncGenerator<LayerEntry> {
  yield { type: 'directory', name, isWritable: true };
  for (const child of (await readdir(folder)).sort()) {
    if (child === options.leftOut) continue;
    const [source, childName] = [join(folder, child), `${name}/${child}`];
    const info = await lstat(source);
    if (info.isDirectory()) yield* walkFolder(source, childName, options);
    else if (info.isFile()) yield* fileEntry(source, childName, info);
    else if (info.isSymbolicLink()) {
      const target = await readlink(source);
      yield { type: 'symlink', name: childName, linkname: options.rewriteLink?.(target) ?? target };
    }
  }
}
