import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import { type ArchiveIndex, type ArchiveLocation, lineCount, readIndex } from './archive/archive-index.ts';
import { cacheOf } from './archive/cache.ts';
import { locateCursor } from './archive/locate-cursor.ts';
import { type ArchiveStart, readArchive } from './archive/reader.ts';
import type { Broadcasts } from './broadcast/broadcasts.ts';
import { parseCursor, parseShownCursor } from './cursor.ts';
import { type BuildLogOptions, readBuildLog } from './pod/build-log.ts';
import { listPods } from './pod/pod-watch.ts';
import { mapBatches } from './query/map-batches.ts';
import { checkSelection, isBefore, isSelective, type Selection, selectLines } from './query/select.ts';
import { dropLines, locateTail } from './query/tail.ts';
import {
  type BuildState,
  type ChunkEncoding,
  hasBuildEnded,
  type LogEnd,
  type LogEvent,
  type LogEvents,
  lastCursorOf,
} from './types.ts';

export type ReadOptions = Omit<ArchiveLocation, 'id'> &
  Omit<BuildLogOptions, 'from'> &
  Selection & {
    /** As a client sent it: go on behind this line. */
    cursor?: string | undefined;
    /** Only the last so many lines; without meaning beside a cursor, as a resumed stream keeps its query. */
    tail?: number | undefined;
    /** With whom the pod's log is followed; alone without it. */
    broadcasts?: Broadcasts;
    /** As what lines come from the archive that nobody looks into; without it, and where lines are selected, one by one. */
    chunkEncoding?: ChunkEncoding | undefined;
    /** Milliseconds that the reader of a running build waits for the archive. */
    archiveTimeoutMs?: number;
  };

/** Where reading begins: in the archive (undefined: not there), then behind a cursor in the pod. */
type Plan = { archive: ArchiveStart | 'start' | undefined; live: string | undefined; drop: number };

type Source = {
  options: ReadOptions;
  place: ArchiveLocation;
  index: ArchiveIndex | undefined;
  /** All is in the archive. */
  whole: boolean;
  /** What is archived can't be read now, though there may be some. */
  away: boolean;
};

type Found = Pick<Source, 'index' | 'away'>;

/** The store's failure, and its slowness, count only where nothing else has the log. */
const indexOf = async (
  { archiveTimeoutMs: archiveMs = 3000 }: ReadOptions,
  place: ArchiveLocation,
  { build: entry }: BuildState,
): Promise<Found> => {
  const read = async (): Promise<Found> => ({ index: await cacheOf(place.store).index(place), away: false });
  if (entry.log !== 'live') return read();
  const away: Found = { index: undefined, away: true };
  return Promise.race([read().catch(() => away), sleep(archiveMs, away, { ref: false })]);
};

const isClosed = (index: ArchiveIndex): boolean => index.state !== 'live';

/**
 * What of an archive comes before the pod's part: up to its last line. The steps' results behind it come from the pod
 * too, and must not come twice.
 */
const beforePod = (index: ArchiveIndex, id: string): ArchiveIndex | undefined => {
  if (index.kept === undefined) return undefined;
  const { step, line } = parseCursor(index.kept, id);
  const notes = index.notes.filter((note) => note.step !== step || note.line <= line);
  return { ...index, steps: index.steps.slice(0, index.steps.indexOf(step) + 1), notes };
};

const behindCursor = async ({ place, index, whole }: Source, text: string): Promise<Plan> => {
  if (!index) return { archive: undefined, live: text, drop: 0 };
  const cursor = parseCursor(text, place.id);
  const archive = await locateCursor(place, index, cursor);
  if (archive) return { archive, live: index.kept, drop: 0 };
  // All of its step was seen, but later steps may be archived.
  const isDone = whole || index.steps.indexOf(cursor.step) < index.steps.length - 1;
  if (isDone) return { archive: { step: cursor.step, line: lineCount(index, cursor.step) }, live: index.kept, drop: 0 };
  return { archive: undefined, live: text, drop: 0 };
};

/** The first of the archive's last lines. */
const archiveTail = (index: ArchiveIndex, step: string | undefined, count: number): ArchiveStart | 'start' => {
  let left = count;
  const steps = index.steps.filter((name) => step === undefined || name === step);
  for (const name of steps.reverse()) {
    const lines = lineCount(index, name);
    if (left <= lines) return { step: name, line: lines - left };
    left -= lines;
  }
  return 'start';
};

const tailPlan = async (source: Source, count: number): Promise<Plan> => {
  const { options, index, whole } = source;
  if (index && whole) return { archive: archiveTail(index, options.step, count), live: index.kept, drop: 0 };
  const scan = live({ ...source, options: { ...options, follow: false } }, index?.kept);
  const { lines, from, drop } = await locateTail(scan, count, index?.kept);
  if (lines >= count || !index) return { archive: undefined, live: from, drop };
  return { archive: archiveTail(index, options.step, count - lines), live: index.kept, drop: 0 };
};

/** The chunk with the first line that is not earlier. */
const sinceStart = ({ chunks }: ArchiveIndex, since: string): ArchiveStart | 'start' => {
  const isEarlier = isBefore(since);
  const chunk = chunks.findLast(({ time }) => isEarlier(time));
  return chunk ? { step: chunk.step, line: chunk.line } : 'start';
};

const planOf = async (source: Source): Promise<Plan> => {
  const { cursor, tail, since, step, fromLine } = source.options;
  if (cursor !== undefined) return behindCursor(source, cursor);
  if (tail !== undefined) return tailPlan(source, tail);
  const live = source.index?.kept;
  if (step !== undefined && fromLine !== undefined) return { archive: { step, line: fromLine - 1 }, live, drop: 0 };
  if (since !== undefined && source.index) return { archive: sinceStart(source.index, since), live, drop: 0 };
  return { archive: 'start', live, drop: 0 };
};

const live = ({ options, place }: Pick<Source, 'options' | 'place'>, cursor: string | undefined): LogEvents =>
  readBuildLog({
    ...options,
    from: cursor === undefined ? undefined : parseShownCursor(cursor, place.id, options.allowedSteps),
  });

type Outcome = 'behind' | 'done';

/** More than a reader sees at once, less than a hub reads while it is young. */
const headBytes = 64 << 10;

/** The pod's log, together with whoever else follows it. `behind`: the others have gone on without this reader. */
async function* together({ options, place }: Source, cursor: string | undefined): AsyncGenerator<LogEvent[], Outcome> {
  const { broadcasts: sharing, follow, tool, step = '', signal } = options;
  if (sharing && follow) {
    const open = (from: string | undefined, until: AbortSignal) =>
      live({ place, options: { ...options, firstRequestBytes: headBytes, signal: until } }, from);
    return yield* sharing.join({ key: `${tool}/${place.id}/${step}`, cursor, signal, open });
  }
  yield* live({ options, place }, cursor);
  return 'done';
}

async function* archived({ options, place, index }: Source, { archive }: Plan): LogEvents {
  if (!index || !archive) return;
  const { step, chunkEncoding } = options;
  yield* readArchive({
    ...place,
    index,
    step,
    chunkEncoding,
    start: archive === 'start' ? undefined : archive,
  });
}

const endOf = (index: ArchiveIndex, { build: entry }: BuildState, cursor: string | undefined): LogEnd => ({
  type: 'end',
  status: entry.status,
  log: index.state,
  ...(index.reason === undefined ? {} : { reason: index.reason }),
  ...(cursor === undefined ? {} : { cursor }),
});

async function* wholeArchive(
  source: Source,
  index: ArchiveIndex,
  plan: Plan,
  state: BuildState,
  before: string | undefined,
): LogEvents {
  let cursor = before;
  for await (const events of archived(source, plan)) {
    cursor = lastCursorOf(events) ?? cursor;
    yield events;
  }
  yield [endOf(index, state, cursor)];
}

/** What the pod no longer has may have been archived in the meantime. */
async function* afterAll({ options, place }: Source, end: LogEnd): LogEvents {
  const state = await options.view.read();
  const index = await readIndex(place).catch((error: unknown) => {
    if (state.build.log !== 'live') throw error;
    return undefined;
  });
  if (!index || !isClosed(index)) return yield [end];
  const whole = { options, place, index, whole: true, away: false };
  const start: Plan = { archive: 'start', live: undefined, drop: 0 };
  const plan = end.cursor === undefined ? start : await behindCursor(whole, end.cursor);
  yield* wholeArchive(whole, index, plan, state, end.cursor);
}

const storeAway = 'what is stored of this log cannot be read at the moment';

const awayNote = (lines: string): LogEvent => ({
  type: 'note',
  text: `${storeAway}: ${lines}. Ask again later for the whole`,
});

/** An end as it is for a reader who has not seen all that there is. */
const partly = (events: LogEvent[]): LogEvent[] =>
  events.map((event) =>
    event.type === 'end' && event.log === 'complete' ? { ...event, log: 'truncated', reason: storeAway } : event,
  );

/** Of a note that is archived, too. */
const keyOf = (event: LogEvent): string | undefined =>
  event.type === 'note' && event.position ? `${event.position.step} ${event.text}` : undefined;

async function* fromPod(source: Source, plan: Plan, isPart: boolean): AsyncGenerator<LogEvent[], Outcome> {
  const ends: LogEnd[] = [];
  const said = new Set<string>();
  const isNews = (event: LogEvent): boolean => !said.has(keyOf(event) ?? '');
  const hold = (batch: LogEvent[]): LogEvent[] => {
    for (const key of batch.map(keyOf)) if (key !== undefined) said.add(key);
    const end = batch.find((event) => event.type === 'end');
    if (end?.log !== 'lost' && end?.log !== 'truncated') return isPart ? partly(batch) : batch;
    ends.push(end);
    return [];
  };
  const outcome = yield* mapBatches(dropLines(together(source, plan.live), plan.drop), hold);
  for (const end of ends) yield* mapBatches(afterAll(source, end), (batch) => batch.filter(isNews));
  return outcome;
}

/** @returns the plan for the pod, whether lines are missing before it */
async function* beforePodPart(source: Source, plan: Plan): AsyncGenerator<LogEvent[], { plan: Plan; isPart: boolean }> {
  if (source.away && plan.live === undefined) yield [awayNote('the beginning may be missing')];
  let cursor = source.options.cursor;
  try {
    for await (const events of archived(source, plan)) {
      cursor = lastCursorOf(events) ?? cursor;
      yield events;
    }
    return { plan, isPart: source.away && plan.live === undefined };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 503) throw error;
    // The pod has what it has: where that begins later, it is said.
    if (cursor !== undefined) return { plan: { archive: undefined, live: cursor, drop: 0 }, isPart: false };
    yield [awayNote('its first lines are missing here')];
    return { plan, isPart: true };
  }
}

const refuse = (message: string): ApiError => new ApiError(400, 'parameter_invalid', message);

const check = (options: ReadOptions): void => {
  const { step, allowedSteps, fromLine, lines, follow } = options;
  checkSelection(options);
  if (fromLine !== undefined && step === undefined)
    throw refuse('from_line counts the lines of one step: say which with step.');
  if (follow && (fromLine !== undefined || lines !== undefined))
    throw refuse('from_line and lines read what is there: leave follow out.');
  if (step === undefined || allowedSteps.includes(step)) return;
  const message = `No step ${step} has a log to show. Steps that have one: ${allowedSteps.join(', ')}.`;
  throw refuse(message);
};

const sourceOf = async (options: ReadOptions, state: BuildState): Promise<Source> => {
  const place = { store: options.store, tool: options.tool, id: state.build.id };
  if (options.cursor !== undefined) parseShownCursor(options.cursor, place.id, options.allowedSteps);
  const { index, away } = await indexOf(options, place, state);
  const whole = index !== undefined && isClosed(index) && hasBuildEnded(state.build);
  return { options, place, whole, away, index: index && (whole ? index : beforePod(index, place.id)) };
};

/** While the store is asked, the pod is looked up: this reader will want it. Those who follow share their looks. */
const withPods = (options: ReadOptions, { build: { id, log } }: BuildState): ReadOptions => {
  if (options.follow || log !== 'live') return options;
  const listed = listPods({ ...options, id });
  // Whoever waits for it is told.
  listed.catch(() => undefined);
  return { ...options, podList: listed };
};

async function* readFrom(options: ReadOptions): AsyncGenerator<LogEvent[], Outcome> {
  const state = await options.view.read();
  const source = await sourceOf(withPods(options, state), state);
  const plan = await planOf(source);
  if (source.index && source.whole) {
    const before = options.cursor ?? (options.tail === undefined ? undefined : source.index.kept);
    yield* wholeArchive(source, source.index, plan, state, before);
    return 'done';
  }
  const rest = yield* beforePodPart(source, plan);
  // The index may be large, and following may take long.
  return yield* fromPod({ ...source, index: undefined }, rest.plan, rest.isPart);
}

async function* readOn(options: ReadOptions): LogEvents {
  let from = options;
  for (;;) {
    const outcome = yield* mapBatches(readFrom(from), (batch) => {
      const cursor = lastCursorOf(batch);
      if (cursor !== undefined) from = { ...options, cursor };
      return batch;
    });
    if (outcome === 'done') return;
  }
}

/**
 * A build's log, from where it is: the archive when that is closed; else what is archived so far, then the pod; and the
 * archive again if the pod goes away. A reader can't tell: lines, cursors and the end are the same.
 *
 * Who is too slow for those it shares the pod's log with begins anew behind its last line.
 *
 * @throws ApiError 400 `cursor_invalid`, `parameter_invalid`; 503 `log_unavailable`
 */
export async function* readLog(options: ReadOptions): LogEvents {
  check(options);
  const chunkEncoding = isSelective(options) ? undefined : options.chunkEncoding;
  yield* selectLines(readOn({ ...options, chunkEncoding }), options, options.view);
}

/** What is wrong with these options, without reading the log. @throws as readLog */
export const checkRead = async (options: ReadOptions): Promise<void> => {
  check(options);
  const { build: entry } = await options.view.read();
  if (options.cursor !== undefined) parseShownCursor(options.cursor, entry.id, options.allowedSteps);
};
