import { ApiError } from '../../errors.ts';
import { createTimeKey } from '../cursor.ts';
import { type BuildView, type LogEnd, type LogEvent, type LogEvents, lastLineOf, linesIn } from '../types.ts';
import { createGrep, type Grep } from './grep.ts';

/** Which of a log's lines are shown. Without any field, all lines are. */
export type Selection = {
  /** A pattern in RE2's syntax. */
  grep?: string | undefined;
  /** 1-based number of the first line within the step. */
  fromLine?: number | undefined;
  /** Largest number of lines. */
  lines?: number | undefined;
  /** A time in RFC 3339. Lines before the first one that is not earlier are left out. */
  since?: string | undefined;
};

type Instant = { second: number; fraction: string };

const zone = /(?:Z|[+-]\d\d:\d\d)$/i;

const parseInstant = (time: string): Instant | undefined => {
  const fraction = /\.(\d{1,9})/.exec(time)?.[1] ?? '';
  const ms = zone.test(time) ? Date.parse(time.replace(/\.\d+/, '')) : Number.NaN;
  return Number.isNaN(ms) ? undefined : { second: ms / 1000, fraction: fraction.padEnd(9, '0') };
};

/**
 * Returns a function that says whether a time is earlier than `since`. It is cheap for times that follow each other.
 * @throws ApiError 400 `parameter_invalid` when `since` is no time with a zone
 */
export const isBefore = (since: string): ((time: string) => boolean) => {
  const wanted = parseInstant(since);
  if (!wanted) {
    const message = 'since must be a time such as 2026-11-22T08:02:11Z, with its offset from UTC.';
    throw new ApiError(400, 'parameter_invalid', message);
  }
  const key = createTimeKey();
  return (time) => {
    const [second = '', fraction = ''] = key(time).split('.');
    const difference = Number.parseInt(second, 36) - wanted.second;
    return difference === 0 ? fraction.padEnd(9, '0') < wanted.fraction : difference < 0;
  };
};

/** Returns a function that says whether an event comes before the first line that is not earlier than `since`. */
const beforeSince = (since: string | undefined): ((event: LogEvent) => boolean) => {
  if (since === undefined) return () => false;
  const isEarlier = isBefore(since);
  let isLeading = true;
  return (event) => {
    if (event.type === 'line') isLeading &&= isEarlier(event.time);
    return isLeading && (event.type === 'line' || (event.type === 'note' && event.position !== undefined));
  };
};

/** Says whether lines must be examined one by one. */
export const isSelective = ({ grep, fromLine, lines, since }: Selection): boolean =>
  [grep, fromLine, lines, since].some((condition) => condition !== undefined);

/** A compiled selection. A filter has state, so each event must be tested once, in the order of the log. */
type Filter = {
  /** Lines get their number, because the selection may leave out others before them. */
  isNumbered: boolean;
  isWanted: (event: LogEvent) => boolean;
  grep: Grep | undefined;
};

const createFilter = ({ grep, fromLine = 1, since, lines }: Selection): Filter => {
  const isTooEarly = beforeSince(since);
  return {
    isNumbered: grep !== undefined || fromLine > 1 || lines !== undefined,
    isWanted: (event) => !isTooEarly(event) && (event.type !== 'line' || event.line + 1 >= fromLine),
    grep: grep === undefined ? undefined : createGrep(grep),
  };
};

/** Checks a selection before anything is read. @throws ApiError 400 `parameter_invalid` */
export const checkSelection = (selection: Selection): void => {
  createFilter(selection);
};

const filterBatch = async (batch: readonly LogEvent[], { isNumbered, isWanted, grep }: Filter): Promise<LogEvent[]> => {
  const wanted = batch.filter(isWanted);
  const found = grep && new Set<LogEvent>(await grep(wanted.filter((event) => event.type === 'line')));
  return wanted.flatMap((event): LogEvent[] => {
    if (event.type !== 'line') return [event];
    if (found && !found.has(event)) return [];
    return [isNumbered ? { ...event, number: event.line + 1 } : event];
  });
};

/** Adds the cursor of the last line that was read, where the selection left that line out. */
const withProgress = (batch: readonly LogEvent[], shown: LogEvent[]): LogEvent[] => {
  const read = lastLineOf(batch)?.cursor;
  if (read === undefined || read === lastLineOf(shown)?.cursor) return shown;
  const end = shown.findIndex(({ type }) => type === 'end');
  const progress: LogEvent = { type: 'progress', cursor: read };
  return end < 0 ? [...shown, progress] : [...shown.slice(0, end), progress, ...shown.slice(end)];
};

/** The events up to and including a number of lines. */
const firstLines = (events: readonly LogEvent[], count: number): LogEvent[] => {
  let left = count;
  const end = events.findIndex((event) => event.type === 'line' && --left === 0);
  return events.slice(0, end + 1);
};

/** The end event of a selection that ends before the log does. */
const endOfSelection = async (last: readonly LogEvent[], view: BuildView): Promise<LogEnd> => {
  const { build } = await view.read();
  const { cursor } = lastLineOf(last) ?? {};
  return { type: 'end', status: build.status, log: build.log, ...(cursor === undefined ? {} : { cursor }) };
};

/**
 * Yields the selected lines of a log, with their numbers, and the log's end. After `lines` lines it stops with an end of
 * its own.
 * @throws ApiError 400 `parameter_invalid`, also while reading when grep takes too long
 */
export async function* selectLines(events: LogEvents, selection: Selection, view: BuildView): LogEvents {
  if (!isSelective(selection)) return yield* events;
  const filter = createFilter(selection);
  let left = selection.lines ?? Number.POSITIVE_INFINITY;
  for await (const batch of events) {
    const shown = await filterBatch(batch, filter);
    const count = linesIn(shown);
    if (count >= left) {
      const last = firstLines(shown, left);
      yield [...last, await endOfSelection(last, view)];
      return;
    }
    left -= count;
    yield withProgress(batch, shown);
  }
}
