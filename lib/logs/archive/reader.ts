import { type Cursor, createTimeKey, isLater } from '../cursor.ts';
import type { ChunkEncoding, LogEvent, LogEvents, LogLine } from '../types.ts';
import { deflateDataOf } from '../wire/compress.ts';
import { lastNdjsonCursor, ndjsonLine } from '../wire/encode.ts';
import { type ArchiveIndex, type ArchiveLocation, type Chunk, lineCount } from './archive-index.ts';
import { cacheOf, type Loaded } from './cache.ts';
import { byteRange, type ChunkRange, chunkRanges, loadChunks } from './load-chunks.ts';

/** The first line to read; without one, from the beginning. */
export type ArchiveStart = { step: string; line: number };

export type ArchiveReadOptions = ArchiveLocation & {
  index: ArchiveIndex;
  start?: ArchiveStart | undefined;
  /** Only this step. */
  step?: string | undefined;
  /** Lines come in packs of that kind where nothing stands between them; without it, one by one. */
  chunkEncoding?: ChunkEncoding | undefined;
};

/** Uncompressed bytes that leave a reader at once: few where there are many readers, as each waits for its client. */
const batchBytes = { least: 32 << 10, most: 128 << 10 };
/** Uncompressed bytes that a reader takes of what was loaded, at most. */
const mostTaken = 512 << 10;
/** Compressed bytes that each reader may hold, however many there are. */
const leastHeld = 96 << 10;

/** @param line number of the first one */
const linesIn = (frames: Buffer, line: number): LogLine[] => {
  const texts = frames.toString().split('\n');
  texts.pop();
  return texts.map((frame, at) => ndjsonLine(frame, line + at));
};

/** Where so many bytes that begin here end: behind a line feed. */
const endOf = (frames: Buffer, from: number, size: number): number =>
  from + size >= frames.length ? frames.length : frames.indexOf(10, from + size) + 1 || frames.length;

/** Behind the line feed of so many lines. */
const offsetOf = (frames: Buffer, lines: number): number => {
  let at = 0;
  for (let left = lines; left > 0; left -= 1) at = frames.indexOf(10, at) + 1;
  return at;
};

/** How far a reader has come in a group: in this chunk, at this byte, or at the first line that it wants. */
type GroupPlace = { at: number; offset: number | undefined; line: number };

type Taken = { chunk: Chunk; frames: Buffer };

/** Copies the next bytes, so that the reader keeps nothing else of what was loaded. Moves the place behind them. */
const take = (group: readonly Chunk[], { parts }: Loaded, place: GroupPlace, most: number): Taken[] => {
  const taken: Taken[] = [];
  let left = most;
  while (left > 0) {
    const chunk = group[place.at];
    const frames = parts[place.at];
    if (!chunk || !frames) break;
    place.offset ??= offsetOf(frames, Math.min(chunk.lines, Math.max(0, place.line - chunk.line)));
    const end = endOf(frames, place.offset, left);
    const copy = Buffer.from(frames.subarray(place.offset, end));
    if (copy.length > 0) taken.push({ chunk, frames: copy });
    left -= copy.length;
    place.offset = end;
    if (end < frames.length) continue;
    place.at += 1;
    place.offset = undefined;
  }
  return taken;
};

/**
 * The lines from one on, as they are stored. What was loaded is shared; each reader takes of it what it may hold for
 * itself, so that many readers at distinct places don't each load theirs again for every batch, and slow clients keep
 * little in memory.
 */
async function* framesOfGroup(place: ArchiveLocation, group: ChunkRange, firstLine: number): AsyncGenerator<Taken> {
  const next: GroupPlace = { at: 0, line: firstLine, offset: undefined };
  while (next.at < group.length) {
    const share = cacheOf(place.store).share();
    const batch = Math.max(batchBytes.least, Math.min(batchBytes.most, share / 4));
    const most = Math.max(batch, Math.min(mostTaken, share));
    for (const { chunk, frames } of take(group, await loadChunks(place, group, 'plain'), next, most)) {
      for (let from = 0; from < frames.length; ) {
        const end = endOf(frames, from, batch);
        yield { chunk, frames: frames.subarray(from, end) };
        from = end;
      }
    }
  }
}

type Notes = ArchiveIndex['notes'];

/** Puts notes before the lines they belong to. @param notes of this step, in order; those that are used are taken out */
const withNotes = (lines: LogLine[], notes: Notes): LogEvent[] => {
  const events: LogEvent[] = [];
  let rest = lines;
  const last = lines.at(-1)?.line ?? -1;
  for (let note = notes[0]; note && note.line <= last; note = notes[0]) {
    const { line } = note;
    const before = rest.filter((event) => event.line < line);
    events.push(...before, noteEvent(note));
    rest = rest.slice(before.length);
    notes.shift();
  }
  return events.length === 0 ? rest : [...events, ...rest];
};

const noteEvent = ({ text, ...lasting }: Notes[number]): LogEvent => ({ type: 'note', text, position: lasting });

/** A group from one of its lines on. */
type Part = { group: ChunkRange; begin: number; chunkEncoding: ChunkEncoding | undefined };

/** How a group is read: packs have no place for a note, nor for a beginning within what is compressed. */
const partOf = (
  { chunkEncoding, store }: ArchiveReadOptions,
  group: ChunkRange,
  firstLine: number,
  notes: Notes,
): Part => {
  const last = group.at(-1) ?? group[0];
  const begin = Math.max(group[0].line, firstLine);
  const hasNotes = notes.some(({ line }) => line > begin && line < last.line + last.lines);
  if (!chunkEncoding || hasNotes) return { group, begin, chunkEncoding: undefined };
  const isWhole = begin === group[0].line;
  const isHeld = byteRange(group).length <= Math.max(leastHeld, cacheOf(store).share());
  return { group, begin, chunkEncoding: isWhole && isHeld ? chunkEncoding : 'plain' };
};

async function* readPart(place: ArchiveLocation, { group, begin, chunkEncoding }: Part, due: Notes): LogEvents {
  if (chunkEncoding) {
    const before = due.filter(({ line }) => line <= begin);
    if (before.length > 0) yield due.splice(0, before.length).map(noteEvent);
  }
  if (chunkEncoding === 'deflated') {
    const { parts } = await loadChunks(place, group, chunkEncoding);
    for (const [at, { cursor }] of group.entries()) {
      const member = parts[at];
      if (member) yield [{ type: 'chunk', ndjson: deflateDataOf(member), cursor }];
    }
    return;
  }
  let next = begin;
  for await (const { chunk, frames } of framesOfGroup(place, group, begin)) {
    if (chunkEncoding) {
      yield [{ type: 'chunk', ndjson: frames, cursor: lastNdjsonCursor(frames) }];
      continue;
    }
    const lines = linesIn(frames, Math.max(next, chunk.line));
    next = (lines.at(-1)?.line ?? next) + 1;
    yield withNotes(lines, due);
  }
}

async function* readStepChunks(options: ArchiveReadOptions, step: string, firstLine: number): LogEvents {
  const { notes, chunks } = options.index;
  const due = notes.filter((note) => note.step === step && note.line >= firstLine).sort((a, b) => a.line - b.line);
  const parts = chunkRanges(chunks.filter((chunk) => chunk.step === step))
    .filter((group) => group.some(({ line, lines }) => line + lines > firstLine))
    .map((group) => partOf(options, group, firstLine, due));
  for (const [at, part] of parts.entries()) {
    // The next one is under way while this one is used; its failure is met when its turn comes, if ever.
    const following = parts[at + 1];
    if (following) loadChunks(options, following.group, following.chunkEncoding ?? 'plain').catch(() => undefined);
    yield* readPart(options, part, due);
  }
  if (due.length > 0) yield due.map(noteEvent);
}

/**
 * The lines and notes of an archive, without an end. Memory holds what each reader may hold for itself, and what all share.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* readArchive(options: ArchiveReadOptions): LogEvents {
  const { index, start } = options;
  const first = start ? index.steps.indexOf(start.step) : 0;
  const cache = cacheOf(options.store);
  cache.enter();
  try {
    for (const step of index.steps.slice(Math.max(0, first))) {
      if (options.step !== undefined && options.step !== step) continue;
      yield* readStepChunks(options, step, start?.step === step ? start.line : 0);
    }
  } finally {
    cache.leave();
  }
}

/**
 * Where to go on behind a cursor. Its line number counts where that line has the cursor's time; else (a reader that came
 * when the node had thrown the beginning away has numbered from there) its time does. Undefined: it is behind all that
 * is here.
 */
export const locateCursor = async (
  place: ArchiveLocation,
  index: ArchiveIndex,
  cursor: Cursor,
): Promise<ArchiveStart | undefined> => {
  const { step } = cursor;
  const key = createTimeKey();
  const chunks = index.chunks.filter((chunk) => chunk.step === step);
  const wanted = `${cursor.seconds.toString(36)}.${cursor.fraction}`;
  const read = async (chunk: Chunk | undefined): Promise<LogLine[]> => {
    if (!chunk) return [];
    const [frames] = (await loadChunks(place, [chunk], 'plain')).parts;
    return frames ? linesIn(frames, chunk.line) : [];
  };
  const numbered = await read(chunks.find(({ line, lines }) => cursor.line >= line && cursor.line < line + lines));
  const at = numbered.find(({ line }) => line === cursor.line);
  if (at && key(at.time) === wanted) return { step, line: cursor.line + 1 };
  const timed = await read(chunks.findLast(({ time }) => !isLater(key(time), cursor)) ?? chunks[0]);
  const next = timed.find(({ time }) => isLater(key(time), cursor));
  if (next) return { step, line: next.line };
  const end = (timed.at(-1)?.line ?? -1) + 1;
  return end < lineCount(index, step) ? { step, line: end } : undefined;
};
