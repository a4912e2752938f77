import { deflateDataOf } from '../response/compress.ts';
import { lastNdjsonCursor } from '../response/encode.ts';
import type { ChunkEncoding, LogEvent, LogEvents, LogLine } from '../types.ts';
import type { ArchiveIndex, ArchiveLocation } from './archive-index.ts';
import { cacheOf } from './cache.ts';
import { byteRange, type ChunkRange, chunkRanges, loadChunks } from './load-chunks.ts';
import { parseLines } from './ndjson-lines.ts';
import { PendingNotes } from './pending-notes.ts';
import { readRangeLines } from './read-range.ts';

/** First line of an archive to read: a step, and the 0-based number of a line within the step. */
export type ArchiveStart = { step: string; line: number };

export type ArchiveReadOptions = ArchiveLocation & {
  index: ArchiveIndex;
  /** First line of the archive to read. Default: the beginning of the log. */
  start?: ArchiveStart | undefined;
  /** Name of the only step to read. Default: all steps. */
  step?: string | undefined;
  /**
   * Form in which archived lines come: whole chunks in this encoding, except where a note stands among the lines.
   * Default: one event for each line.
   */
  chunkEncoding?: ChunkEncoding | undefined;
};

/** Compressed bytes of archived lines that each reader may hold, however many readers there are. */
const minHeldBytes = 96 << 10;

/**
 * Plan for reading a range of chunks: the first line, and the encoding. Without an encoding each line becomes one
 * event.
 */
type RangePlan = { range: ChunkRange; firstLine: number; encoding: ChunkEncoding | undefined };

/** Says whether a range of chunks is small enough for a reader to hold it compressed while the client takes it. */
const canHold = ({ store }: ArchiveReadOptions, range: ChunkRange): boolean =>
  byteRange(range).length <= Math.max(minHeldBytes, cacheOf(store).bytesPerReader());

/**
 * Plans how a reader reads a range of chunks. Lines with a note among them come one by one, because a chunk event has
 * no place for a note. Compressed data can only be sent as a whole.
 */
const planRange = (options: ArchiveReadOptions, range: ChunkRange, start: number, notes: PendingNotes): RangePlan => {
  const { chunkEncoding } = options;
  const [first] = range;
  const last = range.at(-1) ?? first;
  const firstLine = Math.max(first.line, start);
  if (!chunkEncoding || notes.hasWithin(firstLine, last.line + last.lines))
    return { range, firstLine, encoding: undefined };
  const isWhole = firstLine === first.line;
  return { range, firstLine, encoding: isWhole && canHold(options, range) ? chunkEncoding : 'plain' };
};

/** Puts notes of an archive before the lines to which they belong. */
const mergeNotes = (lines: LogLine[], notes: PendingNotes): LogEvent[] => {
  const due = notes.takeBefore(lines.at(-1)?.line ?? -1);
  if (due.length === 0) return lines;
  const events: LogEvent[] = [];
  let next = 0;
  for (const note of due) {
    for (let line = lines[next]; line && line.line < note.position.line; line = lines[next]) {
      events.push(line);
      next += 1;
    }
    events.push(note);
  }
  return [...events, ...lines.slice(next)];
};

async function* readDeflated(
  location: ArchiveLocation,
  { range, firstLine }: RangePlan,
  notes: PendingNotes,
): LogEvents {
  const before = notes.takeBefore(firstLine);
  if (before.length > 0) yield before;
  const { chunks } = await loadChunks(location, range, 'deflated');
  for (const [at, { cursor }] of range.entries()) {
    const gzip = chunks[at];
    if (gzip) yield [{ type: 'chunk', ndjson: deflateDataOf(gzip), cursor }];
  }
}

async function* readPlain(location: ArchiveLocation, { range, firstLine }: RangePlan, notes: PendingNotes): LogEvents {
  const before = notes.takeBefore(firstLine);
  if (before.length > 0) yield before;
  for await (const { ndjson } of readRangeLines(location, range, firstLine))
    yield [{ type: 'chunk', ndjson, cursor: lastNdjsonCursor(ndjson) }];
}

async function* readLines(location: ArchiveLocation, { range, firstLine }: RangePlan, notes: PendingNotes): LogEvents {
  let next = firstLine;
  for await (const { chunk, ndjson } of readRangeLines(location, range, firstLine)) {
    const lines = parseLines(ndjson, Math.max(next, chunk.line));
    next = (lines.at(-1)?.line ?? next) + 1;
    yield mergeNotes(lines, notes);
  }
}

const readers = { deflated: readDeflated, plain: readPlain, lines: readLines };

async function* readStep(options: ArchiveReadOptions, step: string, firstLine: number): LogEvents {
  const { index } = options;
  const notes = new PendingNotes(index.notes.filter((note) => note.step === step && note.line >= firstLine));
  const plans = chunkRanges(index.chunks.filter((chunk) => chunk.step === step))
    .filter((range) => range.some(({ line, lines }) => line + lines > firstLine))
    .map((range) => planRange(options, range, firstLine, notes));
  for (const [at, plan] of plans.entries()) {
    // The next range of chunks loads while the current one is read. The error of a failed load is thrown when the
    // reader gets to that range, if ever.
    const next = plans[at + 1];
    if (next) loadChunks(options, next.range, next.encoding ?? 'plain').catch(() => undefined);
    yield* readers[plan.encoding ?? 'lines'](options, plan, notes);
  }
  const rest = notes.takeAll();
  if (rest.length > 0) yield rest;
}

/**
 * Reads the lines and notes of an archive, without an end event. Memory holds one batch of each reader, and the chunks
 * that all readers share.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* readArchive(options: ArchiveReadOptions): LogEvents {
  const { index, start } = options;
  const first = start ? index.steps.indexOf(start.step) : 0;
  const cache = cacheOf(options.store);
  cache.addReader();
  try {
    for (const step of index.steps.slice(Math.max(0, first))) {
      if (options.step !== undefined && options.step !== step) continue;
      yield* readStep(options, step, start?.step === step ? start.line : 0);
    }
  } finally {
    cache.removeReader();
  }
}
