import { type BuildState, hasBuildEnded, type LogEnd, type LogEvent, lastLineOf } from '../types.ts';
import { podGone } from './gap-notes.ts';
import type { StepOutcome } from './reading.ts';

/** Returns the reason why a log is truncated, from the notes about its gaps; undefined without a gap. */
export const gapReason = ([first, ...others]: readonly string[]): string | undefined =>
  first && others.length > 0 ? `${first} (and in ${others.length} more places)` : first;

const gapTexts = (events: readonly LogEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'note' && event.position?.gap ? [event.text] : []));

/** Collects the facts for a log's end event while the log is read: the last cursor, and the gaps. */
export class LogSummary {
  #cursor: string | undefined;
  readonly #gaps: string[] = [];

  /** @param cursor cursor from which the reading resumed; undefined for the log's start */
  constructor(cursor: string | undefined) {
    this.#cursor = cursor;
  }

  add(events: readonly LogEvent[]): void {
    this.#cursor = lastLineOf(events)?.cursor ?? this.#cursor;
    this.#gaps.push(...gapTexts(events));
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
