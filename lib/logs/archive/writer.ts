import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LogState } from '../../ledger/types.ts';
import { withoutGaps } from '../pod/log-summary.ts';
import { gzipChunk } from '../response/compress.ts';
import { encoders } from '../response/encode.ts';
import { type LogEvent, type LogLine, type LogNote, lastLineOf, restartAfter } from '../types.ts';
import { type ArchiveIndex, type ArchiveLocation, emptyIndex, readIndex, writeIndex } from './archive-index.ts';
import { type BufferedChunk, ChunkBuffer } from './chunk-buffer.ts';
import { SegmentWriter } from './segment-writer.ts';

export type ArchiveSizes = {
  /** Size of a chunk of an archive in uncompressed bytes, approximately. Default 1 MiB. */
  chunkBytes: number;
  /** Compressed size from which a segment gets no more chunks, in bytes. Default 512 KiB. */
  segmentBytes: number;
  /** Limit of the text of an archived log, in bytes. Later lines are counted but not stored. Default 256 MiB. */
  maxBytes: number;
};

export const defaultSizes: ArchiveSizes = { chunkBytes: 1 << 20, segmentBytes: 512 << 10, maxBytes: 256 << 20 };

/** Error of a writer whose archive another writer has taken over or closed. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
  /** Index that the other writer has stored. That writer has taken over or closed the archive. */
  readonly index: ArchiveIndex;

  constructor(index: ArchiveIndex) {
    super('another writer has taken the archive over');
    this.index = index;
  }
}

const addNote = (index: ArchiveIndex, { text, position }: LogNote): void => {
  if (!position) return;
  const isKnown = index.notes.some(
    (note) => note.step === position.step && note.line === position.line && note.text === text,
  );
  if (isKnown) return;
  // Another archiver may have counted the missing lines of the step before, when it had fewer lines.
  if (position.missing !== undefined)
    index.notes = index.notes.filter((note) => note.step !== position.step || note.missing === undefined);
  index.notes.push({ ...position, text });
};

/**
 * Counts a line in an archive's index.
 * @returns whether the line is to be stored; false when the log has reached its size limit
 */
const countLine = (index: ArchiveIndex, { text, cursor, line, more }: LogLine, maxBytes: number): boolean => {
  index.seen = cursor;
  if (line === 0) delete index.parts;
  if (more) index.parts = (index.parts ?? 0) + 1;
  const bytes = Buffer.byteLength(text) + 1;
  if (index.dropped.lines > 0 || index.bytes + bytes > maxBytes) {
    index.dropped.lines += 1;
    index.dropped.bytes += bytes;
    return false;
  }
  index.bytes += bytes;
  index.kept = cursor;
  return true;
};

/** Notes in an archive's index where a reading of the rest of the pod's log begins. */
const noteRestart = (index: ArchiveIndex, events: readonly LogEvent[]): void => {
  // The index keeps its place if the batch's last line was not stored.
  if (lastLineOf(events)?.cursor !== index.kept || index.kept === undefined) return;
  const restart = restartAfter(events);
  if (restart === undefined) delete index.restart;
  else index.restart = restart;
};

/**
 * Writes a build's log to its archive: first chunks to segments, then the index. Only chunks in the index count. If a
 * writer is killed, the next writer begins behind the last line of the index. Names of segments begin with the name of
 * their writer, and segments only grow. So an index that a reader has keeps matching the segments, and two writers
 * cannot damage each other's segments: the later writer of the index wins, and the earlier one stops.
 *
 * The writer changes its index in place, because a copy for every line would cost more than the line.
 */
export class ArchiveWriter {
  readonly #name = randomUUID();
  readonly #location: ArchiveLocation;
  readonly #index: ArchiveIndex;
  readonly #maxBytes: number;
  readonly #buffer: ChunkBuffer;
  readonly #segments: SegmentWriter;
  #ownsIndex = false;

  /**
   * @param index the index stored in the archive, or an empty one. The writer continues behind the last line of the
   * index
   */
  constructor(location: ArchiveLocation, index: ArchiveIndex, sizes: ArchiveSizes = defaultSizes) {
    this.#location = location;
    this.#index = index;
    this.#maxBytes = sizes.maxBytes;
    this.#buffer = new ChunkBuffer(sizes.chunkBytes);
    this.#segments = new SegmentWriter(location, this.#name, sizes.segmentBytes);
  }

  /** Adds a batch of log events in memory. `flush` stores them. */
  add(events: readonly LogEvent[]): void {
    for (const event of events) {
      if (event.type === 'line') this.#addLine(event);
      else if (event.type === 'note') addNote(this.#index, event);
      else if (event.type === 'whole') this.#index.notes = withoutGaps(this.#index.notes, event.step);
      else if (event.type === 'plan') this.#index.steps = event.steps;
      else if (event.type === 'done' && !this.#index.done.includes(event.step)) this.#index.done.push(event.step);
    }
    noteRestart(this.#index, events);
  }

  /** Says whether a chunk of the log is full, so that `flush` should be called. */
  isFull(): boolean {
    return this.#buffer.isFull();
  }

  /**
   * Stores all log events that were added. The call may be repeated after a failure.
   * @throws Superseded when another writer has taken the archive over
   * @throws ApiError 503 `log_unavailable`
   */
  async flush(): Promise<void> {
    this.#buffer.seal();
    await this.#buffer.drain((chunk) => this.#storeChunk(chunk));
    await this.#storeIndex();
  }

  /**
   * Stores all log events that were added, and closes the archive.
   * @throws Superseded, ApiError 503 `log_unavailable`
   */
  async close(state: LogState, reason: string | undefined): Promise<void> {
    this.#index.state = state;
    if (reason !== undefined) this.#index.reason = reason;
    await this.flush();
  }

  #addLine(line: LogLine): void {
    if (countLine(this.#index, line, this.#maxBytes)) this.#buffer.add(line, encoders.ndjson.encode([line]));
  }

  async #storeChunk({ ndjson, ...chunk }: BufferedChunk): Promise<void> {
    const bytes = await gzipChunk(Buffer.from(ndjson.join('')));
    const place = await this.#segments.append(bytes);
    this.#index.chunks.push({ ...chunk, ...place, crc: crc32(bytes) });
  }

  async #storeIndex(): Promise<void> {
    const stored = await readIndex(this.#location);
    if (stored && stored.state !== 'live') throw new Superseded(stored);
    if (this.#ownsIndex && stored?.writer !== this.#name) throw new Superseded(stored ?? emptyIndex());
    this.#index.writer = this.#name;
    await writeIndex(this.#location, this.#index);
    this.#ownsIndex = true;
  }
}
