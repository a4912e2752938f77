import { readIndex } from '../archive/archive-index.ts';
import type { BroadcastEnd } from '../broadcast/broadcasts.ts';
import { mapBatches } from '../query/map-batches.ts';
import { dropLines } from '../query/tail.ts';
import type { LogEnd, LogEvent, LogEvents } from '../types.ts';
import { type PodPart, readClosedArchive } from './archived-log.ts';
import { isArchiveClosed, type LogSource } from './log-source.ts';
import { readSharedPod } from './pod-log.ts';
import { type StartPoint, startAfterCursor } from './start-point.ts';
import { markTruncated } from './store-away.ts';

/**
 * Returns the end of a log whose reader lacks lines that the archive has: the reader has read later lines from the pod
 * already.
 */
const withGap =
  ({ reason }: LogEnd) =>
  (batch: LogEvent[]): LogEvent[] => {
    const why = `${reason}. They are archived: request the log again from its start`;
    return batch.map((event) =>
      event.type === 'end' && event.log === 'complete' ? { ...event, log: 'truncated', reason: why } : event,
    );
  };

/**
 * Reads the lines that the pod no longer has from the archive, which may have been closed since the reading began.
 * @param end end event of the pod's log, which is shown if the archive is not closed
 */
async function* readRestFromArchive({ options, location }: LogSource, end: LogEnd): LogEvents {
  const state = await options.view.read();
  const index = await readIndex(location).catch((error: unknown) => {
    if (state.build.log !== 'live') throw error;
    return undefined;
  });
  if (!index || !isArchiveClosed(index)) return yield [end];
  const source = { options, location, index, isClosed: true };
  const { cursor } = end;
  const fromStart: StartPoint = { archive: 'start', podCursor: undefined, podRestart: undefined, skipLines: 0 };
  const start = cursor === undefined ? fromStart : await startAfterCursor(source, cursor);
  const rest = readClosedArchive({ source, index, start, state, cursor });
  yield* end.log === 'truncated' ? mapBatches(rest, withGap(end)) : rest;
}

/** Returns a key for a note that is archived; undefined for any other log event. */
const noteKey = (event: LogEvent): string | undefined =>
  event.type === 'note' && event.position ? `${event.position.step} ${event.text}` : undefined;

const isIncomplete = (end: LogEnd | undefined): end is LogEnd => end?.log === 'lost' || end?.log === 'truncated';

/**
 * Reads the part of a log that is in the pod. If the pod lacks lines, the rest comes from the archive, without the
 * notes that were shown already.
 */
export async function* readPodPart(
  source: LogSource,
  { start, isPartial }: PodPart,
): AsyncGenerator<LogEvent[], BroadcastEnd> {
  const incompleteEnds: LogEnd[] = [];
  const shownNotes = new Set<string>();
  const holdIncompleteEnd = (batch: LogEvent[]): LogEvent[] => {
    for (const event of batch) {
      const key = noteKey(event);
      if (key !== undefined) shownNotes.add(key);
    }
    const end = batch.find((event) => event.type === 'end');
    if (!isIncomplete(end)) return isPartial ? markTruncated(batch) : batch;
    incompleteEnds.push(end);
    return [];
  };
  const withoutShownNotes = (batch: LogEvent[]): LogEvent[] =>
    batch.filter((event) => !shownNotes.has(noteKey(event) ?? ''));
  const podLog = readSharedPod(source.options, source.location, start);
  const shown = start.skipLines > 0 ? dropLines(podLog, start.skipLines) : podLog;
  const ended = yield* mapBatches(shown, holdIncompleteEnd);
  for (const end of incompleteEnds) yield* mapBatches(readRestFromArchive(source, end), withoutShownNotes);
  return ended;
}
