import type { Cursor } from '../cursor.ts';
import { retryLimit, unreadable } from '../retry.ts';
import type { GapCause } from './gap-notes.ts';
import type { RawLine } from './line-splitter.ts';
import type { StepPod } from './pod-state.ts';
import { RotationDetector } from './rotation-detector.ts';
import type { StepLines } from './step-lines.ts';
import { markNameOf, StepMarks } from './step-marks.ts';
import type { StreamEnd } from './stream-end.ts';

/** Compares two lines. A part of a line has no text to compare. */
const isSameLine = (a: RawLine | undefined, b: RawLine | undefined): boolean =>
  a?.time === b?.time && (a?.isPart === true || b?.isPart === true || a?.text === b?.text);

/** Place in a step's log that a stream has come to: the last line shown, and the line from which the masks must read. */
type Place = Pick<StepLines, 'position' | 'restart'>;

/** Start of the reading of one step's log. */
export type StepStart = {
  /** Cursor of the last line that the reader has. Default: the reading begins at the log's start. */
  from: Cursor | undefined;
  /**
   * Cursor of the last line, at `from` or before, after which all masks are at rest. The masks read the log from there on.
   * Default: from its start. Must not come from a client.
   */
  restart: Cursor | undefined;
  /** Number of the lines up to `from` that are parts of lines which another part continues. Default: 0. */
  partsBefore: number | undefined;
};

/** Progress in a step's log over several streams: where the next stream resumes, and how the last streams ended. */
export class StepProgress {
  readonly detector = new RotationDetector();
  #from: Cursor | undefined;
  #restart: Cursor | undefined;
  #cursorLost: GapCause | undefined;
  #hasFollowedToEnd = false;
  #podUid: string | undefined;
  #failures = 0;
  #bytes = 0;
  #compared: { last: RawLine | undefined } | undefined;
  readonly #partsBefore: number | undefined;
  #marks: StepMarks | undefined;

  constructor({ from, restart, partsBefore }: StepStart) {
    this.#from = from;
    this.#restart = restart;
    this.#partsBefore = from ? partsBefore : undefined;
  }

  /** The marks of the step's log. Undefined for a log without marks. */
  get marks(): StepMarks | undefined {
    return this.#marks;
  }

  /** Cursor of the last line that was read, after which the next stream resumes. */
  get from(): Cursor | undefined {
    return this.#from;
  }

  /**
   * Cursor of the last line, at `from` or before, after which all masks are at rest. The next stream begins there, so
   * that its masks come to `from` in the right state. Undefined for the start of the step's log.
   */
  get restart(): Cursor | undefined {
    return this.#restart;
  }

  /**
   * Reason why the log no longer has the cursor's line; undefined if the line is expected in the log. With a reason,
   * reading resumes with the first line that is later than the cursor.
   */
  get cursorLost(): GapCause | undefined {
    return this.#cursorLost;
  }

  /**
   * Says whether a followed stream ended after its container had ended. Then only the rotation detector knows whether
   * lines are missing after that stream.
   */
  get hasFollowedToEnd(): boolean {
    return this.#hasFollowedToEnd;
  }

  /** Number of log streams in a row that failed and brought no line. */
  get failures(): number {
    return this.#failures;
  }

  /** Number of bytes that all streams of the step's log have brought. */
  get bytes(): number {
    return this.#bytes;
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Records which pod is read next, and the name in the marks of its log. Tekton makes a deleted pod again, and the steps
   * of the new pod begin anew, so the cursor's line is lost.
   */
  notePod(pod: StepPod | undefined, step: string): void {
    const uid = pod?.metadata.uid;
    const markName = pod && markNameOf(pod, step);
    if (markName !== undefined) this.#marks ??= new StepMarks(markName, this.#from === undefined, this.#partsBefore);
    if (this.#from && this.#podUid !== undefined && this.#podUid !== uid) {
      this.#loseCursor('replaced');
      this.#marks?.doubt();
      this.#restart = undefined;
    }
    this.#podUid = uid;
  }

  /**
   * Makes the next stream of the step's log resume where the last one has come to. The last stream does not count as a
   * failure.
   */
  resumeAt({ position, restart }: Place): void {
    this.#from = position;
    this.#restart = restart;
  }

  /**
   * Makes the next stream resume after the position at which the last stream ended.
   * @throws ApiError 503 `log_unavailable` after too many failures in a row
   */
  advance({ position, restart }: Place, { end, error, ...stream }: StreamEnd): void {
    const hasMoved = position !== this.#from;
    this.#failures = hasMoved || end === 'clean' ? 0 : this.#failures + 1;
    if (hasMoved) {
      this.#cursorLost = undefined;
      this.#hasFollowedToEnd =
        stream.follow && end === 'clean' && stream.hasStepEnded && this.detector.knowsAllAfter(stream.lines.lastRaw);
    }
    this.resumeAt({ position, restart });
    if (this.#failures >= retryLimit) throw unreadable(error);
  }

  /**
   * Records that the kubelet has discarded the log file with the cursor's line. If a followed stream ended with its
   * container, it had brought every line of that file, so no line counts as missing unless the rotation detector
   * expects one.
   */
  noteRotation(): void {
    if (this.#hasFollowedToEnd) this.#cursorLost = 'rotated';
    else this.#loseCursor('rotated');
  }

  /**
   * Says whether the last line of a stream was compared with the kubelet's newest line already, after the previous
   * stream.
   */
  wasCompared(last: RawLine | undefined): boolean {
    return this.#compared !== undefined && isSameLine(this.#compared.last, last);
  }

  /**
   * Compares a stream's last line with the kubelet's newest line, and remembers the stream's last line.
   * @returns whether both lines are the same
   */
  compare(last: RawLine | undefined, newest: RawLine | undefined): boolean {
    this.#compared = { last };
    return isSameLine(newest, last);
  }

  forgetComparison(): void {
    this.#compared = undefined;
  }

  /**
   * Lets reading resume by time, because the cursor's line is lost. The lines that the rotation detector expects are
   * forgotten: a note reports the gap anyway.
   */
  #loseCursor(cause: GapCause): void {
    this.#cursorLost = cause;
    this.#hasFollowedToEnd = false;
    this.detector.reset();
  }
}
