import { type ArchiveIndex, lineCount } from '../archive/archive-index.ts';
import { locateCursor } from '../archive/locate-cursor.ts';
import type { ArchiveStart } from '../archive/reader.ts';
import { parseCursor } from '../cursor.ts';
import { isBefore } from '../query/select.ts';
import { locateTail } from '../query/tail.ts';
import type { LogSource } from './log-source.ts';
import { readPod } from './pod-log.ts';

/**
 * Position at which the reading of a log starts: a line of the archive, and the cursor after which the pod's log
 * follows.
 */
export type StartPoint = {
  /** First line of the archive to read. Undefined if the archive is not read. */
  archive: ArchiveStart | 'start' | undefined;
  /** Cursor after which the pod's log is shown; undefined for the start of the pod's log. */
  podCursor: string | undefined;
  /**
   * Cursor of the last line, at `podCursor` or before, after which all masks are at rest; undefined if no such line is
   * known. The reading of the pod's log begins there.
   */
  podRestart: string | undefined;
  /** Number of lines to leave out at the start of the pod's part of the log. */
  skipLines: number;
};

/** Returns the start of a reading in the pod's log. */
export const startInPod = (part: Omit<StartPoint, 'archive'>): StartPoint => ({ archive: undefined, ...part });

const startInArchive = (archive: ArchiveStart | 'start', index: ArchiveIndex | undefined): StartPoint => ({
  archive,
  podCursor: index?.kept,
  podRestart: index?.restart,
  skipLines: 0,
});

/**
 * Finds the line after a cursor, in the archive or in the pod.
 * @param restart cursor of the last line, at the cursor `text` or before, after which all masks are at rest, if this
 * process knows it. Default: the archive's, if the cursor's line follows the archived lines of its step
 */
export const startAfterCursor = async (
  { location, index, isClosed }: Pick<LogSource, 'location' | 'index' | 'isClosed'>,
  text: string,
  restart?: string,
): Promise<StartPoint> => {
  const inPod = startInPod({ podCursor: text, podRestart: restart ?? index?.restart, skipLines: 0 });
  if (!index) return inPod;
  const cursor = parseCursor(text, location.id);
  const next = await locateCursor(location, index, cursor);
  if (next) return startInArchive(next, index);
  // The reader has all archived lines of the cursor's step. If the step is archived to its end, the next lines are in
  // later steps of the archive, otherwise in the pod. A reader of the pod can be ahead of the archive, so the cursor's
  // step may be missing in the archive.
  const isStepArchived = isClosed || index.steps.slice(0, -1).includes(cursor.step);
  if (!isStepArchived) return inPod;
  return startInArchive({ step: cursor.step, line: lineCount(index, cursor.step) }, index);
};

/** Finds the first of the last `count` lines in an archive, of one step or of all steps. */
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

const tailStart = async ({ options, location, index, isClosed }: LogSource, count: number): Promise<StartPoint> => {
  if (index && isClosed) return startInArchive(archiveTail(index, options.step, count), index);
  const podPart = readPod({ ...options, follow: false }, location, index?.kept, index?.restart);
  const { lines, drop: skipLines, ...tail } = await locateTail(podPart, count, index?.kept, index?.restart);
  if (lines >= count || !index) return startInPod({ podCursor: tail.from, podRestart: tail.restart, skipLines });
  return startInArchive(archiveTail(index, options.step, count - lines), index);
};

/** Finds the start of the last archived chunk that begins before a time. */
const sinceStart = ({ chunks }: ArchiveIndex, since: string): ArchiveStart | 'start' => {
  const isEarlier = isBefore(since);
  const chunk = chunks.findLast(({ time }) => isEarlier(time));
  return chunk ? { step: chunk.step, line: chunk.line } : 'start';
};

/**
 * Finds the position at which the reading of a log starts. With `since` this position may be up to a chunk too early,
 * because selectLines drops earlier lines.
 * @throws ApiError 400 `cursor_invalid`, 503 `log_unavailable`
 */
export const findStart = async (source: LogSource): Promise<StartPoint> => {
  const { index, options } = source;
  const { cursor, tail, since, step, fromLine } = options;
  if (cursor !== undefined) return startAfterCursor(source, cursor, options.restart);
  if (tail !== undefined) return tailStart(source, tail);
  if (step !== undefined && fromLine !== undefined) return startInArchive({ step, line: fromLine - 1 }, index);
  return startInArchive(since !== undefined && index ? sinceStart(index, since) : 'start', index);
};
