import { anySignal } from '../../abort.ts';
import { parseCursor } from '../cursor.ts';
import { type BuildLogOptions, readBuildLog } from '../pod/build-log.ts';
import { retryReads } from '../retry.ts';
import type { LogEnd, LogEvents } from '../types.ts';
import { type ArchiveIndex, type ArchiveLocation, emptyIndex, readIndex } from './archive-index.ts';
import { type ArchiveResult, resultAtEnd, storedResult } from './archive-result.ts';
import { FlushTimer } from './flush-timer.ts';
import { type ArchiveSizes, ArchiveWriter, defaultSizes, Superseded } from './writer.ts';

export type ArchiveOptions = ArchiveLocation &
  Omit<BuildLogOptions, 'follow' | 'showsStates' | 'from' | 'partsBefore' | 'step' | 'spool'> & {
    sizes?: ArchiveSizes;
    /** Longest time that a line of a log waits in memory before the line is stored, in milliseconds. Default 3,000. */
    flushMs?: number;
  };

/**
 * Sizes of the archiver's spool, which holds what a step prints while earlier output is masked, compressed and stored.
 * The archiver Job's volume for temporary files (archiver-job.ts) has room for the spool's file.
 */
const spool = { memoryBytes: 2 << 20, fileBytes: 960 << 20 };

/**
 * Repeats a write to the object store, without a limit, while the store is away. Unstored lines stay in memory
 * meanwhile, and the reading of the pod's log waits.
 */
const retryUntilAborted = async (options: ArchiveOptions, act: () => Promise<void>): Promise<void> => {
  const { signal, retryMs = 100 } = options;
  for (;;) {
    try {
      return await retryReads({ signal, retryMs }, act);
    } catch (error) {
      if (error instanceof Superseded || signal.aborted) throw error;
    }
  }
};

type Sink = Pick<ArchiveWriter, 'add' | 'isFull' | 'flush'>;

/**
 * Adds a log's events to its archive, and stores them when a chunk is full or a line has waited for `flushMs`
 * milliseconds.
 * @returns the log's end event; undefined when the events stopped without an end event
 */
const writeEvents = async (events: LogEvents, sink: Sink, flushMs: number): Promise<LogEnd | undefined> => {
  const timer = new FlushTimer(flushMs);
  const flush = (): Promise<void> => {
    timer.stop();
    return sink.flush();
  };
  try {
    for (let next = events.next(); ; ) {
      const result = await timer.race(next);
      if (result === 'due') {
        await flush();
        continue;
      }
      if (result.done) return undefined;
      const end = result.value.find((event) => event.type === 'end');
      if (end) return end;
      sink.add(result.value);
      if (sink.isFull()) await flush();
      else timer.start();
      next = events.next();
    }
  } finally {
    timer.stop();
  }
};

/** Stores the lines that an archive lacks, and closes the archive if the build's log has ended. */
const writeArchive = async (options: ArchiveOptions, index: ArchiveIndex, follow: boolean): Promise<ArchiveResult> => {
  const writer = new ArchiveWriter(options, index, options.sizes ?? defaultSizes);
  const store = (act: () => Promise<void>): Promise<void> => (follow ? retryUntilAborted(options, act) : act());
  const flush = (): Promise<void> => store(() => writer.flush());
  const sink: Sink = { add: (events) => writer.add(events), isFull: () => writer.isFull(), flush };
  const cursorOf = (text: string | undefined) => (text === undefined ? undefined : parseCursor(text, options.id));
  const [from, restart] = [cursorOf(index.seen), cursorOf(index.restart)];
  const stop = new AbortController();
  const signal = anySignal(options.signal, stop.signal);
  const place = { from, restart, partsBefore: index.parts };
  const events = readBuildLog({ ...options, ...place, follow, showsStates: false, spool, signal });
  try {
    const end = await writeEvents(events, sink, options.flushMs ?? 3000);
    const result: ArchiveResult = end ? resultAtEnd(index, end, options.allowedSteps) : { state: 'live' };
    await (result.state === 'live' ? flush() : store(() => writer.close(result.state, result.reason)));
    return result;
  } catch (error) {
    if (!options.signal.aborted) throw error;
    await writer.flush();
    return { state: 'live' };
  } finally {
    stop.abort();
    void events.return().catch(() => undefined);
  }
};

const archive = async (options: ArchiveOptions, follow: boolean): Promise<ArchiveResult> => {
  const index = await readIndex(options);
  if (index && index.state !== 'live') return storedResult(index);
  try {
    return await writeArchive(options, index ?? emptyIndex(), follow);
  } catch (error) {
    if (error instanceof Superseded) return storedResult(error.index);
    throw error;
  }
};

/**
 * Archives a build's log while the build runs, and closes the archive when the log ends. If the archiver is killed, a
 * new call continues behind the last stored line. When the signal fires, the lines read so far are stored and the
 * archive stays open. While the object store is away, archiving waits, and so does the reading of the pod's log.
 */
export const archiveBuild = (options: ArchiveOptions): Promise<ArchiveResult> => archive(options, true);

/**
 * Closes the archive of a finished build as complete, truncated or lost, after storing the lines that only the pod has.
 * An archive that is closed already stays as it is. The result is `live` when the pod has not ended: the caller must
 * call again later.
 * @throws ApiError 503 `log_unavailable` when the store or the pod cannot be read at the moment
 */
export const closeArchive = (options: ArchiveOptions): Promise<ArchiveResult> => archive(options, false);
