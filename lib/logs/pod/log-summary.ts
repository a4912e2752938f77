import { type BuildState, hasBuildEnded, type LogEnd, type LogEvent, lastLineOf, type NotePosition } from '../types.ts';
import { podGone } from './gap-notes.ts';
import type { StepOutcome } from './reading.ts';

/** A note about missing lines of a log. */
type Gap = NotePosition & { text: string };

/**
 * Returns the reason why a log is truncated, from its notes; undefined without a gap. A note with the number of lines that
 * are missing in a whole step counts more than the notes about the places.
 */
export const gapReason = (notes: readonly Gap[]): string | undefined => {
  const gaps = notes.filter(({ gap }) => gap);
  const counted = gaps.filter(({ missing }) => missing !== undefined);
  if (counted.length > 0) return counted.map(({ text }) => text).join('; ');
  const [first, ...others] = gaps.map(({ text }) => text);
  return first && others.length > 0 ? `${first} (and in ${others.length} more places)` : first;
};

/** Returns the notes without those about gaps in a step of which no line is missing. */
export const withoutGaps = <Note extends NotePosition>(notes: readonly Note[], step: string): Note[] =>
  notes.filter((note) => note.step !== step || !note.gap);

const gapsIn = (events: readonly LogEvent[]): Gap[] =>
  events.flatMap((event) => (event.type === 'note' && event.position ? [{ ...event.position, text: event.text }] : []));

/** Collects the facts for a log's end event while the log is read: the last cursor, and the gaps. */
export class LogSummary {
  #cursor: string | undefined;
  #gaps: Gap[] = [];

  /** @param cursor cursor from which the reading resumed; undefined for the log's start */
  constructor(cursor: string | undefined) {
    this.#cursor = cursor;
  }

  add(events: readonly LogEvent[]): void {
    this.#cursor = lastLineOf(events)?.cursor ?? this.#cursor;
    this.#gaps.push(...gapsIn(events));
    for (const event of events) if (event.type === 'whole') this.#gaps = withoutGaps(this.#gaps, event.step);
  }

  /** Returns the log's end event. @param hasRun whether a container of the build was seen running */
  end(state: BuildState, outcome: StepOutcome, hasRun: boolean): LogEnd {
    const end = this.#endWithoutCursor(state, outcome, hasRun);
    return this.#cursor === undefined ? end : { ...end, cursor: this.#cursor };
  }

  #endWithoutCursor({ build }: BuildState, outcome: StepOutcome, hasRun: boolean): LogEnd {
    const { status } = build;
    if (!hasBuildEnded(build) || outcome === 'open') return { type: 'end', status, log: 'live' };
    if (outcome === 'gone' && hasRun) return { type: 'end', status, log: 'lost', reason: podGone };
    const reason = gapReason(this.#gaps);
    return { type: 'end', status, ...(reason === undefined ? { log: 'complete' } : { log: 'truncated', reason }) };
  }
}
