import { ApiError } from '../../errors.ts';
import type { ArchiveIndex } from '../archive/archive-index.ts';
import { readArchive } from '../archive/reader.ts';
import { type BuildState, type LogEnd, type LogEvent, type LogEvents, lastCursorOf } from '../types.ts';
import type { LogSource } from './log-source.ts';
import { type StartPoint, startInPod } from './start-point.ts';
import { storeAwayNote } from './store-away.ts';

type ArchiveSource = Pick<LogSource, 'options' | 'location' | 'index'>;

async function* readLines({ options, location, index }: ArchiveSource, { archive }: StartPoint): LogEvents {
  if (!index || !archive) return;
  const { step, chunkEncoding } = options;
  const start = archive === 'start' ? undefined : archive;
  yield* readArchive({ ...location, index, step, chunkEncoding, start });
}

const endOf = (index: ArchiveIndex, { build }: BuildState, cursor: string | undefined): LogEnd => ({
  type: 'end',
  status: build.status,
  log: index.state,
  ...(index.reason === undefined ? {} : { reason: index.reason }),
  ...(cursor === undefined ? {} : { cursor }),
});

export type ClosedArchive = {
  source: ArchiveSource;
  index: ArchiveIndex;
  start: StartPoint;
  state: BuildState;
  /** Cursor of the last line that the reader of a closed archive has. */
  cursor: string | undefined;
};

/** Reads a closed archive to its end, and then yields the end event. */
export async function* readClosedArchive({ source, index, start, state, ...reader }: ClosedArchive): LogEvents {
  let { cursor } = reader;
  for await (const events of readLines({ ...source, index }, start)) {
    cursor = lastCursorOf(events) ?? cursor;
    yield events;
  }
  yield [endOf(index, state, cursor)];
}

/**
 * Start of the part of a log that is read from the pod. `isPartial`: lines before that start are missing because the
 * object store is away.
 */
export type PodPart = { start: StartPoint; isPartial: boolean };

/**
 * Reads the archived part of a log whose rest is in the pod. If the object store fails, the pod's part begins after the
 * last archived line that was read.
 */
export async function* readArchivedPart(source: LogSource, start: StartPoint): AsyncGenerator<LogEvent[], PodPart> {
  const isPartial = source.isStoreAway && start.podCursor === undefined;
  if (isPartial) yield [storeAwayNote('the beginning may be missing')];
  let { cursor } = source.options;
  try {
    for await (const events of readLines(source, start)) {
      cursor = lastCursorOf(events) ?? cursor;
      yield events;
    }
    return { start, isPartial };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 503) throw error;
    // Reading resumes in the pod's log after the reader's last line. If the pod no longer has the lines that follow,
    // the reading of the pod adds a note about them.
    if (cursor !== undefined) {
      const start = startInPod({ podCursor: cursor, podRestart: undefined, skipLines: 0 });
      return { start, isPartial: false };
    }
    yield [storeAwayNote('its first lines are missing here')];
    return { start, isPartial: true };
  }
}
