import { promisify } from 'node:util';
import { crc32, gunzip } from 'node:zlib';
import type { ApiError } from '../../errors.ts';
import { storeFailure } from '../../store/keys.ts';
import type { ChunkEncoding } from '../types.ts';
import { type ArchiveLocation, type Chunk, segmentKey } from './archive-index.ts';
import { cacheOf, type LoadedRange } from './cache.ts';

/** A range of chunks: neighbours in one segment, which one request to the object store loads. */
export type ChunkRange = readonly [Chunk, ...Chunk[]];

const decompress = promisify(gunzip);

/**
 * Size of a range of chunks in uncompressed bytes, approximately. A range has one chunk, or several chunks that
 * together are not larger than this size.
 */
const rangeBytes = 1 << 20;

const damaged = (chunk: Chunk): ApiError =>
  storeFailure(new Error(`segment ${chunk.segment} is damaged at byte ${chunk.offset}`));

const isNextTo = (last: Chunk | undefined, chunk: Chunk): boolean =>
  last?.segment === chunk.segment && last.offset + last.length === chunk.offset;

/**
 * Divides the chunks of a step into ranges of neighbours. The ranges are the same for all readers, so that readers can
 * share them.
 */
export const chunkRanges = (chunks: readonly Chunk[]): ChunkRange[] => {
  const ranges: [Chunk, ...Chunk[]][] = [];
  let size = 0;
  for (const chunk of chunks) {
    const range = ranges.at(-1);
    if (range && isNextTo(range.at(-1), chunk) && size + chunk.size <= rangeBytes) {
      range.push(chunk);
      size += chunk.size;
    } else {
      ranges.push([chunk]);
      size = chunk.size;
    }
  }
  return ranges;
};

/** Returns the position of a range of chunks within its segment, in bytes. */
export const byteRange = (range: ChunkRange): { offset: number; length: number } => {
  const [first] = range;
  const last = range.at(-1) ?? first;
  return { offset: first.offset, length: last.offset + last.length - first.offset };
};

const countLines = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
};

/**
 * Reads the compressed chunks of a range from the store.
 * @throws ApiError 503 `log_unavailable`, also when stored bytes have changed
 */
const readCompressed = async (location: ArchiveLocation, range: ChunkRange): Promise<Buffer[]> => {
  const { offset, length } = byteRange(range);
  const bytes = await location.store.get(segmentKey(location, range[0].segment), { offset, length });
  if (bytes?.length !== length) throw damaged(range[0]);
  return range.map((chunk) => {
    const compressed = Buffer.from(bytes.buffer, bytes.byteOffset + chunk.offset - offset, chunk.length);
    if (crc32(compressed) !== chunk.crc) throw damaged(chunk);
    return compressed;
  });
};

/** Decompresses a chunk of an archive. @throws ApiError 503 `log_unavailable` when the chunk is damaged */
const decompressChunk = async (compressed: Buffer, chunk: Chunk): Promise<Buffer> => {
  // An output buffer of the chunk's whole size keeps zlib from making many small buffers and copying them into one.
  const sizes = { maxOutputLength: Math.max(1, chunk.size), chunkSize: chunk.size + 64 };
  const ndjson = await decompress(compressed, sizes).catch((cause: unknown) => {
    throw storeFailure(cause);
  });
  if (ndjson.length !== chunk.size || countLines(ndjson) !== chunk.lines) throw damaged(chunk);
  return ndjson;
};

const readPlain = async (location: ArchiveLocation, range: ChunkRange): Promise<Buffer[]> => {
  const compressed = await readCompressed(location, range);
  return Promise.all(compressed.map((bytes, at) => decompressChunk(bytes, range[at] ?? range[0])));
};

/**
 * Loads a range of chunks, which is shared with other readers. The encoding `deflated` returns the gzip files as they
 * are stored, `plain` their lines.
 * @throws ApiError 503 `log_unavailable`
 */
export const loadChunks = (
  location: ArchiveLocation,
  range: ChunkRange,
  encoding: ChunkEncoding,
): Promise<LoadedRange> => {
  const { offset, length } = byteRange(range);
  const key = `${encoding} ${segmentKey(location, range[0].segment)}@${offset}+${length}`;
  return cacheOf(location.store).load(key, async () => {
    const chunks = await (encoding === 'deflated' ? readCompressed : readPlain)(location, range);
    return { chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
  });
};
