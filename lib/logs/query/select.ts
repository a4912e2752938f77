import { parameterInvalid } from '../../errors.ts';
import { createTimeKey } from '../cursor.ts';
import { type BuildView, type LogEnd, type LogEvent, type LogEvents, lastLineOf, linesIn } from '../types.ts';
import { createGrep, type Grep } from './grep.ts';

/** Selection of a log's lines by a client. Without any field, all lines are shown. */
export type Selection = {
  /** Pattern in RE2's syntax that a shown line matches. Default: every line is shown. */
  grep?: string | undefined;
  /** 1-based number of the first line to show, within the step. */
  fromLine?: number | undefined;
  /** Largest number of lines to show. */
  lines?: number | undefined;
  /**
   * A time in RFC 3339. The selection begins with the first line that is not earlier than this time; lines before that
   * line are left out.
   */
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
 * Returns a function that says whether a line's time is earlier than `since`. The function is cheap for times that
 * follow each other.
 * @throws ApiError 400 `parameter_invalid` when `since` is no time with a zone
 */
export const isBefore = (since: string): ((time: string) => boolean) => {
  const wanted = parseInstant(since);
  if (!wanted) {
    const problem =
      'must be a time such as 2026-11-22T08:02:11Z, with its offset from UTC, or a duration such as 10m or 1h30m';
    throw parameterInvalid('since', problem);
  }
  const key = createTimeKey();
  return (time) => {
    const [second = '', fraction = ''] = key(time).split('.');
    const difference = Number.parseInt(second, 36) - wanted.second;
    return difference === 0 ? fraction.padEnd(9, '0') < wanted.fraction : difference < 0;
  };
};

/** Returns a function that says whether a log event comes before the first line that is not earlier than `since`. */
const beforeSince = (since: string | undefined): ((event: LogEvent) => boolean) => {
  if (since === undefined) return () => false;
  const isEarlier = isBefore(since);
  let isLeading = true;
  return (event) => {
    if (event.type === 'line') isLeading &&= isEarlier(event.time);
    return isLeading && (event.type === 'line' || (event.type === 'note' && event.position !== undefined));
  };
};

/** Says whether a client selects lines of a log, so that the lines must be examined one by one. */
export const isSelective = ({ grep, fromLine, lines, since }: Selection): boolean =>
  [grep, fromLine, lines, since].some((condition) => condition !== undefined);

/**
 * A compiled selection of lines. A filter has state, so each log event must be tested once, in the order of the log.
 */
type Filter = {
  /**
   * Whether a shown line has its line number as a field. A client needs the number if the selection may leave out
   * earlier lines.
   */
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

/** Checks a client's selection of lines before the log is read. @throws ApiError 400 `parameter_invalid` */
export const checkSelection = (selection: Selection): void => {
  createFilter(selection);
};

const filterBatch = async (batch: readonly LogEvent[], { isNumbered, isWanted, grep }: Filter): Promise<LogEvent[]> => {
  const wanted = batch.filter((event) => event.type !== 'partial' && isWanted(event));
  const found = grep && new Set<LogEvent>(await grep(wanted.filter((event) => event.type === 'line')));
  return wanted.flatMap((event): LogEvent[] => {
    if (event.type !== 'line') return [event];
    if (found && !found.has(event)) return [];
    return [isNumbered ? { ...event, number: event.line + 1 } : event];
  });
};

/** Adds a progress event with the cursor of the last line read, if the selection left out that line. */
const withProgress = (batch: readonly LogEvent[], shown: LogEvent[]): LogEvent[] => {
  const read = lastLineOf(batch)?.cursor;
  if (read === undefined || read === lastLineOf(shown)?.cursor) return shown;
  const end = shown.findIndex(({ type }) => type === 'end');
  const progress: LogEvent = { type: 'progress', cursor: read };
  return end < 0 ? [...shown, progress] : [...shown.slice(0, end), progress, ...shown.slice(end)];
};

/** Returns the events of a batch up to and including its first `count` lines. */
const firstLines = (events: readonly LogEvent[], count: number): LogEvent[] => {
  let left = count;
  const end = events.findIndex((event) => event.type === 'line' && --left === 0);
  return events.slice(0, end + 1);
};

/** Returns the end event for a selection that has shown as many lines as the client wants. */
const endOfSelection = async (last: readonly LogEvent[], view: BuildView): Promise<LogEnd> => {
  const { build } = await view.read();
  const { cursor } = lastLineOf(last) ?? {};
  return {
    type: 'end',
    status: build.status,
    log: build.log,
    ...(cursor === undefined ? {} : { cursor }),
    limited: true,
  };
};

/**
 * Yields the selected lines of a log, with their numbers, and the log's end event. Unfinished lines are left out. After `lines` lines the function
 * stops with an end event of its own.
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
