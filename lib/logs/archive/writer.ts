import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LogState } from '../../ledger/types.ts';
import type { LogEvent, LogLine } from '../types.ts';
import { gzipChunk } from '../wire/compress.ts';
import { encoders } from '../wire/encode.ts';
import {
  type ArchiveIndex,
  type ArchiveLocation,
  type Chunk,
  emptyIndex,
  readIndex,
  segmentKey,
  writeIndex,
} from './archive-index.ts';

export type ArchiveSizes = {
  /** Uncompressed bytes of a chunk, about. */
  chunkBytes: number;
  /** Compressed bytes after which a segment is not added to any more: it is written as a whole for each chunk. */
  segmentBytes: number;
  /** Bytes of the whole log's text; later lines are counted only. */
  maxBytes: number;
};

export const defaultSizes: ArchiveSizes = { chunkBytes: 1 << 20, segmentBytes: 512 << 10, maxBytes: 256 << 20 };

export type ArchiveWriter = {
  add(events: readonly LogEvent[]): void;
  /** A chunk is full. */
  full(): boolean;
  /** Writes all; may be called again after it failed. @throws Superseded, ApiError 503 `log_unavailable` */
  flush(): Promise<void>;
  close(state: LogState, reason: string | undefined): Promise<void>;
};

/** Another writer has taken over, or has closed the archive. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
  readonly index: ArchiveIndex;

  constructor(index: ArchiveIndex) {
    super('another writer has taken this archive over');
    this.index = index;
  }
}

type Open = Pick<Chunk, 'step' | 'line' | 'lines' | 'time' | 'size' | 'cursor'> & { frames: string[] };

/**
 * Writes chunks into segments and then the index, which alone says what counts: killed in between, the next writer goes
 * on behind the index. Segments bear their writer's name and only grow, so an index that was read stays right, and two
 * writers at once can't spoil each other's: the later one wins, the earlier one stops.
 */
export const createArchiveWriter = (
  place: ArchiveLocation,
  index: ArchiveIndex,
  sizes: ArchiveSizes = defaultSizes,
): ArchiveWriter => {
  const writer = randomUUID();
  const sealed: Open[] = [];
  let open: Open | undefined;
  let owned = false;
  /** What came with the line that filled a chunk goes into it, not into one of its own. */
  const mostBytes = 1.25 * sizes.chunkBytes;
  let segment = { number: 0, parts: [] as Buffer[], length: 0 };

  const seal = (): void => {
    if (open) sealed.push(open);
    open = undefined;
  };

  const addLine = (line: LogLine): void => {
    index.seen = line.cursor;
    const bytes = Buffer.byteLength(line.text) + 1;
    if (index.dropped.lines > 0 || index.bytes + bytes > sizes.maxBytes) {
      index.dropped.lines += 1;
      index.dropped.bytes += bytes;
      return;
    }
    const frame = encoders.ndjson.encode([line]);
    if (open && (open.step !== line.step || open.size >= mostBytes)) seal();
    open ??= { step: line.step, line: line.line, lines: 0, time: line.time, size: 0, cursor: '', frames: [] };
    open.frames.push(frame);
    open.lines += 1;
    open.size += Buffer.byteLength(frame);
    open.cursor = line.cursor;
    index.bytes += bytes;
    index.kept = line.cursor;
  };

  const addOther = (event: LogEvent): void => {
    if (event.type === 'plan') index.steps = event.steps;
    if (event.type === 'done' && !index.done.includes(event.step)) index.done.push(event.step);
    if (event.type !== 'note' || !event.position) return;
    const note = { ...event.position, text: event.text };
    const isKnown = index.notes.some(
      ({ step, line, text }) => step === note.step && line === note.line && text === note.text,
    );
    if (!isKnown) index.notes.push(note);
  };

  const addChunk = async ({ frames, ...chunk }: Open): Promise<void> => {
    if (segment.length >= sizes.segmentBytes) segment = { number: segment.number + 1, parts: [], length: 0 };
    const bytes = await gzipChunk(Buffer.from(frames.join('')));
    const name = `${writer}-${segment.number}`;
    const parts = [...segment.parts, bytes];
    await place.store.put(segmentKey(place, name), Buffer.concat(parts));
    index.chunks.push({ ...chunk, segment: name, offset: segment.length, length: bytes.length, crc: crc32(bytes) });
    segment = { number: segment.number, parts, length: segment.length + bytes.length };
  };

  const own = async (): Promise<void> => {
    const stored = await readIndex(place);
    if (stored && stored.state !== 'live') throw new Superseded(stored);
    if (owned && stored?.writer !== writer) throw new Superseded(stored ?? emptyIndex());
    index.writer = writer;
    await writeIndex(place, index);
    owned = true;
  };

  const flush = async (): Promise<void> => {
    seal();
    for (let next = sealed[0]; next; next = sealed[0]) {
      await addChunk(next);
      sealed.shift();
    }
    await own();
  };

  return {
    add: (events) => {
      for (const event of events) {
        if (event.type === 'line') addLine(event);
        else addOther(event);
      }
    },
    full: () => sealed.length > 0 || (open?.size ?? 0) >= sizes.chunkBytes,
    flush,
    close: async (state, reason) => {
      seal();
      index.state = state;
      if (reason !== undefined) index.reason = reason;
      await flush();
    },
  };
};
