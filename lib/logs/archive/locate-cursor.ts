import { type Cursor, createTimeKey, isLater } from '../cursor.ts';
import type { LogLine } from '../types.ts';
import { type ArchiveIndex, type ArchiveLocation, type Chunk, lineCount } from './archive-index.ts';
import { loadChunks } from './load-chunks.ts';
import { parseLines } from './ndjson-lines.ts';
import type { ArchiveStart } from './reader.ts';

const readChunk = async (location: ArchiveLocation, chunk: Chunk | undefined): Promise<LogLine[]> => {
  if (!chunk) return [];
  const [ndjson] = (await loadChunks(location, [chunk], 'plain')).chunks;
  return ndjson ? parseLines(ndjson, chunk.line) : [];
};

const hasLine =
  (wanted: number) =>
  ({ line, lines }: Chunk): boolean =>
    wanted >= line && wanted < line + lines;

/**
 * Returns the first archived line behind a cursor; undefined when the cursor is behind all archived lines of its step.
 * If the line with the cursor's number has the cursor's time, the number decides. Otherwise the time decides: a reader
 * that came after the kubelet had rotated the log has numbered the lines from a later one.
 * @throws ApiError 503 `log_unavailable`
 */
export const locateCursor = async (
  location: ArchiveLocation,
  index: ArchiveIndex,
  cursor: Cursor,
): Promise<ArchiveStart | undefined> => {
  const { step } = cursor;
  const key = createTimeKey();
  const chunks = index.chunks.filter((chunk) => chunk.step === step);
  const wanted = `${cursor.seconds.toString(36)}.${cursor.fraction}`;
  const numbered = await readChunk(location, chunks.find(hasLine(cursor.line)));
  const same = numbered.find(({ line }) => line === cursor.line);
  if (same && key(same.time) === wanted) return { step, line: cursor.line + 1 };
  const timed = await readChunk(location, chunks.findLast(({ time }) => !isLater(key(time), cursor)) ?? chunks[0]);
  const next = timed.find(({ time }) => isLater(key(time), cursor));
  if (next) return { step, line: next.line };
  const end = (timed.at(-1)?.line ?? -1) + 1;
  return end < lineCount(index, step) ? { step, line: end } : undefined;
};
