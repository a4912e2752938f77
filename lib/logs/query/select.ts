import { ApiError } from '../../errors.ts';
import { createTimeKey } from '../cursor.ts';
import { type BuildView, type LogEvent, type LogEvents, lastLineOf, linesIn } from '../types.ts';
import { createGrep, type Grep } from './grep.ts';

/** Which of a log's lines are shown. */
export type Selection = {
  /** A pattern in RE2's syntax. */
  grep?: string | undefined;
  /** 1-based number of the first line within the step. */
  fromLine?: number | undefined;
  /** At most so many lines. */
  lines?: number | undefined;
  /** RFC 3339: begin with the first line that is not earlier. */
  since?: string | undefined;
};

type Instant = { second: number; fraction: string };

const zone = /(?:Z|[+-]\d\d:\d\d)$/i;

const instantOf = (time: string): Instant | undefined => {
  const fraction = /\.(\d{1,9})/.exec(time)?.[1] ?? '';
  const ms = zone.test(time) ? Date.parse(time.replace(/\.\d+/, '')) : Number.NaN;
  return Number.isNaN(ms) ? undefined : { second: ms / 1000, fraction: fraction.padEnd(9, '0') };
};

/** Whether a time is earlier than that, cheaply for times that follow each other. @throws ApiError 400 */
export const isBefore = (since: string): ((time: string) => boolean) => {
  const wanted = instantOf(since);
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

/** Drops what comes before the first line that is not earlier. */
const leading = (since: string | undefined): ((event: LogEvent) => boolean) => {
  if (since === undefined) return () => false;
  const isEarlier = isBefore(since);
  let isLeading = true;
  return (event) => {
    if (event.type === 'line') isLeading &&= isEarlier(event.time);
    return isLeading && (event.type === 'line' || (event.type === 'note' && event.position !== undefined));
  };
};

/** Whether lines must be looked into one by one. */
export const isSelective = ({ grep, fromLine, lines, since }: Selection): boolean =>
  [grep, fromLine, lines, since].some((part) => part !== undefined);

type Choice = { numbered: boolean; isWanted: (event: LogEvent) => boolean; grep: Grep | undefined };

/** @throws ApiError 400 `parameter_invalid` */
const choiceOf = ({ grep, fromLine = 1, since, lines }: Selection): Choice => {
  const isDropped = leading(since);
  return {
    numbered: grep !== undefined || fromLine > 1 || lines !== undefined,
    isWanted: (event) => !isDropped(event) && (event.type !== 'line' || event.line + 1 >= fromLine),
    grep: grep === undefined ? undefined : createGrep(grep),
  };
};

/** Throws what is wrong with a selection before anything is read. */
export const checkSelection = (selection: Selection): void => {
  choiceOf(selection);
};

const chosen = async (batch: readonly LogEvent[], { numbered, isWanted, grep }: Choice): Promise<LogEvent[]> => {
  const wanted = batch.filter(isWanted);
  const found = grep && new Set<LogEvent>(await grep(wanted.filter((event) => event.type === 'line')));
  return wanted.flatMap((event): LogEvent[] => {
    if (event.type !== 'line') return [event];
    if (found && !found.has(event)) return [];
    return [numbered ? { ...event, number: event.line + 1 } : event];
  });
};

/** Says how far a reader has come that is shown nothing of it. */
const withProgress = (batch: readonly LogEvent[], shown: LogEvent[]): LogEvent[] => {
  const read = lastLineOf(batch)?.cursor;
  if (read === undefined || read === lastLineOf(shown)?.cursor) return shown;
  const end = shown.findIndex(({ type }) => type === 'end');
  const progress: LogEvent = { type: 'progress', cursor: read };
  return end < 0 ? [...shown, progress] : [...shown.slice(0, end), progress, ...shown.slice(end)];
};

const firstLines = (events: readonly LogEvent[], count: number): LogEvent[] => {
  let left = count;
  const end = events.findIndex((event) => event.type === 'line' && --left === 0);
  return events.slice(0, end + 1);
};

/** The selected lines of a log, with their numbers; then the log's end, or the end of what was asked for. */
export async function* selectLines(events: LogEvents, selection: Selection, build: BuildView): LogEvents {
  if (!isSelective(selection)) return yield* events;
  const choice = choiceOf(selection);
  let left = selection.lines ?? Number.POSITIVE_INFINITY;
  for await (const batch of events) {
    const shown = await chosen(batch, choice);
    const count = linesIn(shown);
    if (count >= left) {
      const last = firstLines(shown, left);
      const { build: entry } = await build.read();
      const { cursor } = lastLineOf(last) ?? {};
      yield [
        ...last,
        { type: 'end', status: entry.status, log: entry.log, ...(cursor === undefined ? {} : { cursor }) },
      ];
      return;
    }
    left -= count;
    yield withProgress(batch, shown);
  }
}
