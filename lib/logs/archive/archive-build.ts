import type { LogState } from '../../ledger/types.ts';
import { parseCursor } from '../cursor.ts';
import { type BuildLogOptions, gapReason, readBuildLog } from '../pod/build-log.ts';
import { retryReads } from '../retry.ts';
import type { LogEnd, LogEvent, LogEvents } from '../types.ts';
import { type ArchiveIndex, type ArchiveLocation, emptyIndex, readIndex } from './archive-index.ts';
import { type ArchiveSizes, type ArchiveWriter, createArchiveWriter, defaultSizes, Superseded } from './writer.ts';

export type ArchiveOptions = ArchiveLocation &
  Omit<BuildLogOptions, 'follow' | 'from' | 'step' | 'spool'> & {
    sizes?: ArchiveSizes;
    /** Milliseconds that a line waits at most before it is written. */
    flushMs?: number;
  };

/** `live` when it could not be closed yet. */
export type ArchiveResult = { state: LogState; reason?: string };

const resultOf = ({ state, reason }: ArchiveIndex): ArchiveResult => ({
  state,
  ...(reason === undefined ? {} : { reason }),
});

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const stateAt = (index: ArchiveIndex, end: LogEnd, allowedSteps: readonly string[]): ArchiveResult => {
  const { lines, bytes } = index.dropped;
  if (lines > 0) {
    const reason = `the log is longer than is kept (${mebibytes(index.bytes)}): ${lines} more lines (${mebibytes(bytes)}) were dropped`;
    return { state: 'truncated', reason };
  }
  const shown = index.steps.filter((step) => allowedSteps.includes(step));
  const isRead = shown.length > 0 && shown.every((step) => index.done.includes(step));
  const missing = gapReason(index.notes.flatMap(({ gap, text }) => (gap ? [text] : [])));
  if (isRead) return missing === undefined ? { state: 'complete' } : { state: 'truncated', reason: missing };
  return { state: end.log, ...(end.reason === undefined ? {} : { reason: end.reason }) };
};

/** Tries until it is done or the signal says to stop: what is not stored yet stays in memory, and reading waits. */
const insist = async (options: ArchiveOptions, act: () => Promise<void>): Promise<void> => {
  const { signal, retryMs = 100 } = options;
  for (;;) {
    try {
      return await retryReads({ signal, retryMs }, act);
    } catch (error) {
      if (error instanceof Superseded || signal.aborted) throw error;
    }
  }
};

/** What the step prints while it is masked, compressed and stored. The file's folder needs the room (follower.ts). */
const spool = { memoryBytes: 2 << 20, fileBytes: 960 << 20 };

type Flush = () => Promise<void>;

/** One timer, as a promise that can be raced while it runs. */
const createDeadline = (ms: number) => {
  let timer: NodeJS.Timeout | undefined;
  let due: Promise<'due'> | undefined;
  return {
    arm: (): void => {
      due ??= new Promise((resolve) => {
        timer = setTimeout(resolve, ms, 'due');
      });
    },
    disarm: (): void => {
      clearTimeout(timer);
      due = undefined;
    },
    race: <T>(other: Promise<T>): Promise<T | 'due'> => (due ? Promise.race([other, due]) : other),
  };
};

/** Passes events on to the writer; writes when a chunk is full, and when something has waited for long enough. */
const pump = async (
  events: LogEvents,
  writer: ArchiveWriter,
  flush: Flush,
  flushMs: number,
): Promise<LogEnd | undefined> => {
  const deadline = createDeadline(flushMs);
  const write = async (): Promise<void> => {
    deadline.disarm();
    await flush();
  };
  let next = events.next();
  try {
    for (;;) {
      const result = await deadline.race(next);
      if (result === 'due') {
        await write();
        continue;
      }
      if (result.done) return undefined;
      const end = result.value.find((event: LogEvent) => event.type === 'end');
      if (end) return end;
      writer.add(result.value);
      if (writer.full()) await write();
      else deadline.arm();
      next = events.next();
    }
  } finally {
    deadline.disarm();
  }
};

const write = async (options: ArchiveOptions, index: ArchiveIndex, follow: boolean): Promise<ArchiveResult> => {
  const { signal, id, allowedSteps } = options;
  const writer = createArchiveWriter(options, index, options.sizes ?? defaultSizes);
  const flush: Flush = () => (follow ? insist(options, writer.flush) : writer.flush());
  const from = index.seen === undefined ? undefined : parseCursor(index.seen, id);
  const control = new AbortController();
  const events = readBuildLog({ ...options, follow, from, spool, signal: AbortSignal.any([signal, control.signal]) });
  try {
    const end = await pump(events, writer, flush, options.flushMs ?? 3000);
    const result = end ? stateAt(index, end, allowedSteps) : { state: 'live' as const };
    if (result.state === 'live') await flush();
    else if (follow) await insist(options, () => writer.close(result.state, result.reason));
    else await writer.close(result.state, result.reason);
    return result;
  } catch (error) {
    if (!signal.aborted) throw error;
    await writer.flush();
    return { state: 'live' };
  } finally {
    control.abort();
    void events.return();
  }
};

const archive = async (options: ArchiveOptions, follow: boolean): Promise<ArchiveResult> => {
  const index = await readIndex(options);
  if (index && index.state !== 'live') return resultOf(index);
  try {
    return await write(options, index ?? emptyIndex(), follow);
  } catch (error) {
    if (error instanceof Superseded) return resultOf(error.index);
    throw error;
  }
};

/**
 * Follows a build and archives its log as it grows, then closes the archive. Killed and started again it goes on behind
 * the last line that counts. When the signal comes it writes what it has and leaves the archive open. While the store is
 * away it waits, and so does the reading.
 */
export const archiveBuild = (options: ArchiveOptions): Promise<ArchiveResult> => archive(options, true);

/**
 * For a finished build: reads from its pod what the archive lacks, and closes it as complete, truncated or lost. `live`
 * when the pod hasn't ended yet: call again later. An archive that is closed stays as it is.
 * @throws ApiError 503 `log_unavailable` when the store or the pod can't be read now
 */
export const closeArchive = (options: ArchiveOptions): Promise<ArchiveResult> => archive(options, false);
