import type { ArchiveLocation, Chunk } from './archive-index.ts';
import { cacheOf, type LoadedRange } from './cache.ts';
import { type ChunkRange, loadChunks } from './load-chunks.ts';
import { endOfLines, offsetOfLine } from './ndjson-lines.ts';

/**
 * Size of a batch of archived lines, in bytes. Batches are small where there are many readers, because each reader
 * holds its batch until the client takes it.
 */
const batchBytes = { least: 32 << 10, most: 128 << 10 };

/** Limit of the bytes that a reader copies at once from a loaded range of chunks. */
const maxCopyBytes = 512 << 10;

/** Complete lines in the format ndjson, and the chunk that contains them. */
export type ChunkLines = { chunk: Chunk; ndjson: Buffer };

/** Position of a reader within a range of chunks. */
type RangePosition = {
  /** Index of the current chunk in the range of chunks. */
  at: number;
  /** Number of bytes of the chunk that the reader has read; undefined when the reader has not begun the chunk. */
  offset: number | undefined;
};

type Copied = { copies: ChunkLines[]; position: RangePosition };

/** Returns the offset of a line in a chunk, in bytes; 0 when the line is before the chunk. */
const startOffset = (ndjson: Buffer, chunk: Chunk, firstLine: number): number =>
  offsetOfLine(ndjson, Math.min(chunk.lines, Math.max(0, firstLine - chunk.line)));

/** Copies lines from a loaded range of chunks, so that the reader does not keep the whole range in memory. */
const copyLines = (
  range: ChunkRange,
  { chunks }: LoadedRange,
  start: RangePosition,
  firstLine: number,
  maxBytes: number,
): Copied => {
  const copies: ChunkLines[] = [];
  let { at, offset } = start;
  for (let left = maxBytes; left > 0; ) {
    const [chunk, ndjson] = [range[at], chunks[at]];
    if (!chunk || !ndjson) break;
    const from = offset ?? startOffset(ndjson, chunk, firstLine);
    const end = endOfLines(ndjson, from, left);
    if (end > from) copies.push({ chunk, ndjson: Buffer.from(ndjson.subarray(from, end)) });
    left -= end - from;
    const isChunkRead = end >= ndjson.length;
    if (isChunkRead) at += 1;
    offset = isChunkRead ? undefined : end;
  }
  return { copies, position: { at, offset } };
};

/** Returns the number of bytes that a reader copies at once from loaded chunks, and the size of a batch in bytes. */
const sizesFor = ({ store }: ArchiveLocation): { copyBytes: number; passBytes: number } => {
  const share = cacheOf(store).bytesPerReader();
  const passBytes = Math.max(batchBytes.least, Math.min(batchBytes.most, share / 4));
  return { passBytes, copyBytes: Math.max(passBytes, Math.min(maxCopyBytes, share)) };
};

/**
 * Loads a range and copies its next lines. A generator that waits for its reader keeps what its variables refer to, so
 * the loaded range is a variable of this function only.
 */
const loadCopies = async (
  location: ArchiveLocation,
  range: ChunkRange,
  start: RangePosition,
  firstLine: number,
  copyBytes: number,
): Promise<Copied> => copyLines(range, await loadChunks(location, range, 'plain'), start, firstLine, copyBytes);

/**
 * Reads the uncompressed lines of a range of chunks, from one line on. Readers share the loaded range, and each reader
 * copies a limited number of bytes from it. So many readers at different positions do not load their range again for
 * every batch, and slow clients keep little in memory.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* readRangeLines(
  location: ArchiveLocation,
  range: ChunkRange,
  firstLine: number,
): AsyncGenerator<ChunkLines> {
  let position: RangePosition = { at: 0, offset: undefined };
  while (position.at < range.length) {
    const { copyBytes, passBytes } = sizesFor(location);
    const copied = await loadCopies(location, range, position, firstLine, copyBytes);
    position = copied.position;
    for (const { chunk, ndjson } of copied.copies) {
      for (let from = 0; from < ndjson.length; ) {
        const end = endOfLines(ndjson, from, passBytes);
        yield { chunk, ndjson: ndjson.subarray(from, end) };
        from = end;
      }
    }
  }
}
