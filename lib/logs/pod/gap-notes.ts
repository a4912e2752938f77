import type { Cursor } from '../cursor.ts';
import type { LogLine, LogNote } from '../types.ts';

/** Cause of a gap in a log: the kubelet has rotated the log, or Tekton has replaced the pod. */
export type GapCause = 'rotated' | 'replaced';

/** Reason in the end event of a `lost` log: the pod was deleted too early. */
export const podGone = 'the pod was gone before its log was read to the end';

const sentences: Record<GapCause, (when: string) => string> = {
  rotated: (when) => `the node threw away what was printed ${when}`,
  replaced: (when) => `${podGone} (what it printed ${when}), and another one began anew`,
};

/** A place in a log where lines are missing. `after`: time of the last line before the gap. */
type Gap = { cause: GapCause; after: string };

/** Returns a cursor's time in RFC 3339 with milliseconds. */
export const cursorTime = ({ seconds, fraction }: Cursor): string =>
  new Date(seconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000)).toISOString();

/** Shortens a time in RFC 3339 to milliseconds. */
export const toMilliseconds = (time: string): string => new Date(time).toISOString();

/**
 * Returns the note about a gap in a step's log.
 * @param nextTime time of the first line after the gap; undefined if no line came
 */
const gapNote = (step: string, line: number, { cause, after }: Gap, nextTime?: string): LogNote => {
  const when = nextTime === undefined ? `after ${after}` : `between ${after} and ${toMilliseconds(nextTime)}`;
  const text = `lines of step ${step} are missing here: ${sentences[cause](when)}`;
  return { type: 'note', text, position: { step, line, gap: true } };
};

/**
 * Keeps the gaps in a step's log until the line after each gap is shown, because the note about a gap names the time of
 * that line.
 */
export class GapNotes {
  readonly #step: string;
  #open: Gap | undefined;
  readonly #beforeLine = new Map<LogLine, Gap>();

  constructor(step: string) {
    this.#step = step;
  }

  /** Records that lines of the log are missing before the next line. A gap that is open already stays as it is. */
  open(cause: GapCause, after: string): void {
    this.#open ??= { cause, after };
  }

  /** Places the open gap in the log, if any, before this line. */
  attachTo(line: LogLine): void {
    if (!this.#open) return;
    this.#beforeLine.set(line, this.#open);
    this.#open = undefined;
  }

  /** Returns the note about the gap before a line, and forgets the gap; undefined without a gap. */
  takeBefore(line: LogLine): LogNote | undefined {
    const gap = this.#beforeLine.get(line);
    if (!gap) return undefined;
    this.#beforeLine.delete(line);
    return gapNote(this.#step, line.line, gap, line.time);
  }

  /** Returns the note about a gap after the last line, if any. @param line number that the next line would have */
  atEnd(line: number): LogNote[] {
    return this.#open ? [gapNote(this.#step, line, this.#open)] : [];
  }
}
