import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ApiError } from '../errors/index.ts';
import { storeFailure } from '../store/keys.ts';
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

/** Uncompressed bytes that are read at once, about. */
const readBytes = 2 << 20;

const damaged = (chunk: Chunk): ApiError =>
  storeFailure(new Error(`segment ${chunk.segment} is damaged at ${chunk.offset}`));

/** Neighbours in one segment, so that they need one read. */
const groupsOf = (chunks: readonly Chunk[]): Chunk[][] => {
  const groups: Chunk[][] = [];
  for (const chunk of chunks) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const touches = last?.segment === chunk.segment && last.offset + last.length === chunk.offset;
    const size = group?.reduce((sum, member) => sum + member.size, chunk.size) ?? 0;
    if (touches && size <= readBytes) group?.push(chunk);
    else groups.push([chunk]);
  }
  return groups;
};

const recordsOf = async (bytes: Uint8Array, chunk: Chunk): Promise<string[]> => {
  const text = await decompress(bytes).catch((cause: unknown) => {
    throw storeFailure(cause);
  });
  const records = text.toString().split('\n');
  records.pop();
  if (records.length !== chunk.lines) throw damaged(chunk);
  return records;
};

type KeyedPlace = ArchivePlace & { tag: string; key: (time: string) => string };

const readGroup = async (place: KeyedPlace, group: readonly Chunk[]): Promise<LogLine[][]> => {
  const [first] = group;
  const last = group.at(-1);
  if (!first || !last) return [];
  const range = { offset: first.offset, length: last.offset + last.length - first.offset };
  const bytes = await place.store.get(segmentKey(place, first.segment), range);
  if (bytes?.length !== range.length) throw damaged(first);
  const { tag, key } = place;
  return Promise.all(
    group.map(async (chunk) => {
      const from = chunk.offset - first.offset;
      const records = await recordsOf(bytes.subarray(from, from + chunk.length), chunk);
      return records.map((record, at) => lineOf(record, { tag, step: chunk.step, line: chunk.line + at, key }));
    }),
  );
};

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

/** One read of the store is always under way while what came before is being used. */
async function* ahead<T, U>(items: readonly T[], read: (item: T) => Promise<U>): AsyncGenerator<U, void> {
  let next: Promise<U> | undefined;
  for (const [at, item] of items.entries()) {
    const current = next ?? read(item);
    const following = items[at + 1];
    next = following && read(following);
    // Its failure is met when its turn comes, if ever.
    next?.catch(() => undefined);
    yield await current;
  }
}

async function* readStepChunks(
  options: ArchiveReadOptions,
  place: KeyedPlace,
  step: string,
  firstLine: number,
): AsyncGenerator<LogEvent[], void> {
  const { notes } = options.index;
  const due = notes.filter((note) => note.step === step && note.line >= firstLine).sort((a, b) => a.line - b.line);
  const wanted = options.index.chunks.filter((chunk) => chunk.step === step && chunk.line + chunk.lines > firstLine);
  for await (const group of ahead(groupsOf(wanted), (chunks) => readGroup(place, chunks))) {
    for (const lines of group) {
      const skipped = Math.max(0, firstLine - (lines[0]?.line ?? 0));
      const events = withNotes(skipped > 0 ? lines.slice(skipped) : lines, due);
      if (events.length > 0) yield events;
    }
  }
  if (due.length > 0) yield due.map(noteEvent);
}

/**
 * The lines and notes of an archive, without an end. Memory holds what one read of the store brings.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* readArchive(options: ArchiveReadOptions): LogEvents {
  const { index, start } = options;
  const place = keyed(options);
  const first = start ? index.steps.indexOf(start.step) : 0;
  for (const step of index.steps.slice(Math.max(0, first))) {
    if (options.step !== undefined && options.step !== step) continue;
    yield* readStepChunks(options, place, step, start?.step === step ? start.line : 0);
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
  const read = async (chunk: Chunk | undefined) =>
    chunk ? ((await readGroup({ ...where, key }, [chunk]))[0] ?? []) : [];
  const numbered = await read(chunks.find(({ line, lines }) => cursor.line >= line && cursor.line < line + lines));
  const at = numbered.find(({ line }) => line === cursor.line);
  if (at && key(at.time) === wanted) return { step, line: cursor.line + 1 };
  const timed = await read(chunks.findLast(({ time }) => !isLater(key(time), cursor)) ?? chunks[0]);
  const next = timed.find(({ time }) => isLater(key(time), cursor));
  if (next) return { step, line: next.line };
  const end = (timed.at(-1)?.line ?? -1) + 1;
  return end < linesOf(index, step) ? { step, line: end } : undefined;
};
