import { promisify } from 'node:util';
import { crc32, gunzip } from 'node:zlib';
import type { ApiError } from '../errors/index.ts';
import { storeFailure } from '../store/keys.ts';
import { cacheOf, type Loaded } from './archive-cache.ts';
import { type ArchiveIndex, type ArchivePlace, type Chunk, linesOf, segmentKey } from './archive-index.ts';
import { lineOf } from './archive-writer.ts';
import { type Cursor, createTimeKey, cursorTag, isLater } from './cursor.ts';
import type { LogEvent, LogEvents, LogLine } from './types.ts';

/** The first line to read; without one, from the beginning. */
export type ArchiveStart = { step: string; line: number };

export type ArchiveReadOptions = ArchivePlace & {
  index: ArchiveIndex;
  start?: ArchiveStart | undefined;
  /** Only this step. */
  step?: string | undefined;
};

const decompress = promisify(gunzip);

/** Uncompressed bytes that are loaded at once, about: neighbours in one segment need one read of the store. */
const loadBytes = 1 << 20;
/** Uncompressed bytes that leave a reader at once: few where there are many readers, as each waits for its client. */
const batchBytes = { least: 32 << 10, most: 128 << 10 };
/** Uncompressed bytes that a reader takes of what was loaded, at most. */
const mostTaken = 512 << 10;

const damaged = (chunk: Chunk): ApiError =>
  storeFailure(new Error(`segment ${chunk.segment} is damaged at ${chunk.offset}`));

/** The same for all readers, wherever they begin. */
const groupsOf = (chunks: readonly Chunk[]): Chunk[][] => {
  const groups: Chunk[][] = [];
  let size = 0;
  for (const chunk of chunks) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const touches = last?.segment === chunk.segment && last.offset + last.length === chunk.offset;
    if (group && touches && size + chunk.size <= loadBytes) {
      group.push(chunk);
      size += chunk.size;
    } else {
      groups.push([chunk]);
      size = chunk.size;
    }
  }
  return groups;
};

const lineFeeds = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
};

/** @throws ApiError 503 where the bytes are not those that were written */
const unpack = async (bytes: Uint8Array, chunk: Chunk): Promise<Uint8Array> => {
  if (chunk.crc !== undefined && crc32(bytes) !== chunk.crc) throw damaged(chunk);
  const records = await decompress(bytes, { maxOutputLength: Math.max(1, chunk.size) }).catch((cause: unknown) => {
    throw storeFailure(cause);
  });
  if (records.length !== chunk.size || lineFeeds(records) !== chunk.lines) throw damaged(chunk);
  return records;
};

type KeyedPlace = ArchivePlace & { tag: string; key: (time: string) => string };

const loadGroup = (place: KeyedPlace, group: readonly [Chunk, ...Chunk[]]): Promise<Loaded> => {
  const [first] = group;
  const last = group.at(-1) ?? first;
  const range = { offset: first.offset, length: last.offset + last.length - first.offset };
  const name = segmentKey(place, first.segment);
  return cacheOf(place.store).load(`${name}@${range.offset}+${range.length}`, async () => {
    const bytes = await place.store.get(name, range);
    if (bytes?.length !== range.length) throw damaged(first);
    const from = (chunk: Chunk) => chunk.offset - first.offset;
    const part = (chunk: Chunk) => bytes.subarray(from(chunk), from(chunk) + chunk.length);
    const parts = await Promise.all(group.map((chunk) => unpack(part(chunk), chunk)));
    return { parts, bytes: parts.reduce((sum, { length }) => sum + length, 0) };
  });
};

const isFilled = (group: readonly Chunk[]): group is [Chunk, ...Chunk[]] => group.length > 0;

/** Some lines of a chunk: from one place to the end of a line. */
const linesIn = (place: KeyedPlace, { step }: Chunk, records: Uint8Array, line: number): LogLine[] => {
  const texts = Buffer.from(records.buffer, records.byteOffset, records.byteLength).toString().split('\n');
  texts.pop();
  const { tag, key } = place;
  return texts.map((record, at) => lineOf(record, { tag, step, line: line + at, key }));
};

/** Where so many bytes that begin here end: behind a line feed. */
const endOf = (records: Uint8Array, from: number, size: number): number =>
  from + size >= records.length ? records.length : records.indexOf(10, from + size) + 1 || records.length;

/** Behind the line feed of so many lines. */
const offsetOf = (records: Uint8Array, lines: number): number => {
  let at = 0;
  for (let left = lines; left > 0; left -= 1) at = records.indexOf(10, at) + 1;
  return at;
};

/** How far a reader has come in a group: in this chunk, at this byte, or at the first line that it wants. */
type GroupPlace = { at: number; offset: number | undefined; line: number };

type Taken = { chunk: Chunk; records: Uint8Array };

/** Copies the next bytes, so that the reader keeps nothing else of what was loaded. Moves the place behind them. */
const take = (group: readonly Chunk[], { parts }: Loaded, place: GroupPlace, most: number): Taken[] => {
  const taken: Taken[] = [];
  let left = most;
  while (left > 0) {
    const chunk = group[place.at];
    const records = parts[place.at];
    if (!chunk || !records) break;
    place.offset ??= offsetOf(records, Math.min(chunk.lines, Math.max(0, place.line - chunk.line)));
    const end = endOf(records, place.offset, left);
    const copy = Uint8Array.from(records.subarray(place.offset, end));
    if (copy.length > 0) taken.push({ chunk, records: copy });
    left -= copy.length;
    place.offset = end;
    if (end < records.length) continue;
    place.at += 1;
    place.offset = undefined;
  }
  return taken;
};

/**
 * The lines from one on. What was loaded is shared; each reader takes of it what it may hold for itself, so that many
 * readers at distinct places don't each load theirs again for every batch, and slow clients keep little in memory.
 */
async function* linesOfGroup(place: KeyedPlace, group: readonly Chunk[], firstLine: number): AsyncGenerator<LogLine[]> {
  if (!isFilled(group)) return;
  const next: GroupPlace = { at: 0, line: firstLine, offset: undefined };
  let line = 0;
  while (next.at < group.length) {
    const share = cacheOf(place.store).share();
    const batch = Math.max(batchBytes.least, Math.min(batchBytes.most, share / 4));
    const most = Math.max(batch, Math.min(mostTaken, share));
    const taken = take(group, await loadGroup(place, group), next, most);
    for (const { chunk, records } of taken) {
      line = Math.max(line, chunk.line, firstLine);
      for (let from = 0; from < records.length; ) {
        const end = endOf(records, from, batch);
        const lines = linesIn(place, chunk, records.subarray(from, end), line);
        line += lines.length;
        from = end;
        yield lines;
      }
    }
  }
}

const keyed = (place: ArchivePlace): KeyedPlace => ({
  store: place.store,
  tool: place.tool,
  id: place.id,
  tag: cursorTag(place.id),
  key: createTimeKey(),
});

/** Puts notes before the lines they belong to. @param notes of this step, in order; those that are used are taken out */
const withNotes = (lines: LogLine[], notes: ArchiveIndex['notes']): LogEvent[] => {
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

const noteEvent = ({ text, ...lasting }: ArchiveIndex['notes'][number]): LogEvent => ({ type: 'note', text, lasting });

async function* readStepChunks(
  options: ArchiveReadOptions,
  place: KeyedPlace,
  step: string,
  firstLine: number,
): AsyncGenerator<LogEvent[], void> {
  const { notes, chunks } = options.index;
  const due = notes.filter((note) => note.step === step && note.line >= firstLine).sort((a, b) => a.line - b.line);
  const groups = groupsOf(chunks.filter((chunk) => chunk.step === step));
  const isWanted = ({ line, lines }: Chunk) => line + lines > firstLine;
  const wanted = groups.filter((group) => group.some(isWanted));
  for (const [at, group] of wanted.entries()) {
    // The next one is under way while this one is used; its failure is met when its turn comes, if ever.
    const following = wanted[at + 1];
    if (following && isFilled(following)) loadGroup(place, following).catch(() => undefined);
    for await (const lines of linesOfGroup(place, group, firstLine)) yield withNotes(lines, due);
  }
  if (due.length > 0) yield due.map(noteEvent);
}

/**
 * The lines and notes of an archive, without an end. Memory holds what each reader may hold for itself, and what all share.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* readArchive(options: ArchiveReadOptions): LogEvents {
  const { index, start } = options;
  const place = keyed(options);
  const first = start ? index.steps.indexOf(start.step) : 0;
  const cache = cacheOf(place.store);
  cache.enter();
  try {
    for (const step of index.steps.slice(Math.max(0, first))) {
      if (options.step !== undefined && options.step !== step) continue;
      yield* readStepChunks(options, place, step, start?.step === step ? start.line : 0);
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
  place: ArchivePlace,
  index: ArchiveIndex,
  cursor: Cursor,
): Promise<ArchiveStart | undefined> => {
  const { step } = cursor;
  const { key, ...where } = keyed(place);
  const chunks = index.chunks.filter((chunk) => chunk.step === step);
  const wanted = `${cursor.seconds.toString(36)}.${cursor.fraction}`;
  const read = async (chunk: Chunk | undefined): Promise<LogLine[]> => {
    if (!chunk) return [];
    const [records] = (await loadGroup({ ...where, key }, [chunk])).parts;
    return records ? linesIn({ ...where, key }, chunk, records, chunk.line) : [];
  };
  const numbered = await read(chunks.find(({ line, lines }) => cursor.line >= line && cursor.line < line + lines));
  const at = numbered.find(({ line }) => line === cursor.line);
  if (at && key(at.time) === wanted) return { step, line: cursor.line + 1 };
  const timed = await read(chunks.findLast(({ time }) => !isLater(key(time), cursor)) ?? chunks[0]);
  const next = timed.find(({ time }) => isLater(key(time), cursor));
  if (next) return { step, line: next.line };
  const end = (timed.at(-1)?.line ?? -1) + 1;
  return end < linesOf(index, step) ? { step, line: end } : undefined;
};
