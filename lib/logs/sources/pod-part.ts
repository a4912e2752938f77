import { readIndex } from '../archive/archive-index.ts';
import type { BroadcastEnd } from '../broadcast/broadcasts.ts';
import { type Cursor, parseCursor } from '../cursor.ts';
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
 * Says whether a reader lacks lines before its cursor that the archive has. If lines are missing within a step, the numbers
 * of the later lines differ from those in the archive.
 * @param next the first archived line behind the cursor
 * @param gapSteps steps in which lines are missing, according to the notes of the pod's log
 */
const lacksLines = (next: StartPoint['archive'], { step, line }: Cursor, gapSteps: ReadonlySet<string>): boolean => {
  const isSame = typeof next === 'object' && next.step === step && next.line === line + 1;
  return !isSame || [...gapSteps].some((gapStep) => gapStep !== step);
};

/**
 * Reads the lines that the pod no longer has from the archive, which may have been closed since the reading began.
 * @param end end event of the pod's log, which is shown if the archive is not closed
 * @param gapSteps steps in which lines are missing, according to the notes of the pod's log
 */
async function* readRestFromArchive(
  { options, location }: LogSource,
  end: LogEnd,
  gapSteps: ReadonlySet<string>,
): LogEvents {
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
  const hasGap =
    end.log === 'truncated' &&
    cursor !== undefined &&
    lacksLines(start.archive, parseCursor(cursor, location.id), gapSteps);
  yield* hasGap ? mapBatches(rest, withGap(end)) : rest;
}

/** Returns a key for a note that is archived; undefined for any other log event. */
const noteKey = (event: LogEvent): string | undefined =>
  event.type === 'note' && event.position ? `${event.position.step} ${event.text}` : undefined;

/** The notes that a reader has seen, and the steps in which lines are missing according to them. */
class ShownNotes {
  readonly gapSteps = new Set<string>();
  readonly #keys = new Set<string>();

  add(event: LogEvent): void {
    if (event.type === 'whole') this.gapSteps.delete(event.step);
    const key = noteKey(event);
    if (key === undefined || event.type !== 'note') return;
    this.#keys.add(key);
    if (event.position?.gap) this.gapSteps.add(event.position.step);
  }

  has(event: LogEvent): boolean {
    return this.#keys.has(noteKey(event) ?? '');
  }
}

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
  const shownNotes = new ShownNotes();
  const holdIncompleteEnd = (batch: LogEvent[]): LogEvent[] => {
    for (const event of batch) shownNotes.add(event);
    const end = batch.find((event) => event.type === 'end');
    if (!isIncomplete(end)) return isPartial ? markTruncated(batch) : batch;
    incompleteEnds.push(end);
    return [];
  };
  const withoutShownNotes = (batch: LogEvent[]): LogEvent[] => batch.filter((event) => !shownNotes.has(event));
  const podLog = readSharedPod(source.options, source.location, start);
  const shown = start.skipLines > 0 ? dropLines(podLog, start.skipLines) : podLog;
  const ended = yield* mapBatches(shown, holdIncompleteEnd);
  for (const end of incompleteEnds)
    yield* mapBatches(readRestFromArchive(source, end, shownNotes.gapSteps), withoutShownNotes);
  return ended;
}
