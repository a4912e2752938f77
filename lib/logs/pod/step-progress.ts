import type { Cursor } from '../cursor.ts';
import { retryLimit, unreadable } from '../retry.ts';
import type { GapCause } from './gap-notes.ts';
import type { RawLine } from './line-splitter.ts';
import { RotationDetector } from './rotation-detector.ts';
import type { StreamEnd } from './stream-end.ts';

const isSameLine = (a: RawLine | undefined, b: RawLine | undefined): boolean =>
  a?.time === b?.time && a?.text === b?.text;

/** Where the next stream of a step's log resumes, and what the streams before it have shown. */
export class StepProgress {
  readonly detector = new RotationDetector();
  #from: Cursor | undefined;
  #cursorLost: GapCause | undefined;
  #hasFollowedToEnd = false;
  #podUid: string | undefined;
  #failures = 0;
  #bytes = 0;
  #compared: { last: RawLine | undefined } | undefined;

  constructor(from: Cursor | undefined) {
    this.#from = from;
  }

  /** The last line that was read. The next stream resumes after it. */
  get from(): Cursor | undefined {
    return this.#from;
  }

  /** Why the line of `from` is no longer in the log, so that only its time helps. */
  get cursorLost(): GapCause | undefined {
    return this.#cursorLost;
  }

  /**
   * Whether the container had ended when its followed stream did. Only the rotation detector knows then whether lines
   * are missing since.
   */
  get hasFollowedToEnd(): boolean {
    return this.#hasFollowedToEnd;
  }

  /** Streams in a row that failed and brought nothing. */
  get failures(): number {
    return this.#failures;
  }

  /** Bytes that all streams have brought. */
  get bytes(): number {
    return this.#bytes;
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Records the pod that is read next. Tekton makes a deleted pod again, and its steps begin anew. */
  notePod(uid: string | undefined): void {
    if (this.#from && this.#podUid !== undefined && this.#podUid !== uid) this.#loseCursor('replaced');
    this.#podUid = uid;
  }

  /** Resumes after this position without judging how the stream ended. */
  resumeAt(position: Cursor | undefined): void {
    this.#from = position;
  }

  /**
   * Resumes after the position at which a stream ended.
   * @throws ApiError 503 `log_unavailable` after too many failures in a row
   */
  advance(position: Cursor | undefined, { end, error, ...stream }: StreamEnd): void {
    const hasMoved = position !== this.#from;
    this.#failures = hasMoved || end === 'clean' ? 0 : this.#failures + 1;
    if (hasMoved) {
      this.#cursorLost = undefined;
      this.#hasFollowedToEnd =
        stream.follow && end === 'clean' && stream.hasStepEnded && this.detector.knowsAllAfter(stream.lines.lastRaw);
    }
    this.#from = position;
    if (this.#failures >= retryLimit) throw unreadable(error);
  }

  /**
   * Records that the line of `from` is in a file that the kubelet no longer serves. A followed stream that ends with
   * the container is not continued in the next file: then nothing is missing, unless the detector expects more lines.
   */
  noteRotation(): void {
    if (this.#hasFollowedToEnd) this.#cursorLost = 'rotated';
    else this.#loseCursor('rotated');
  }

  /** Whether a stream ended with the same line when its last line was compared with the kubelet's before. */
  wasCompared(last: RawLine | undefined): boolean {
    return this.#compared !== undefined && isSameLine(this.#compared.last, last);
  }

  /** Records a comparison of a stream's last line with the kubelet's newest one. @returns whether they are the same */
  compare(last: RawLine | undefined, newest: RawLine | undefined): boolean {
    this.#compared = { last };
    return isSameLine(newest, last);
  }

  forgetComparison(): void {
    this.#compared = undefined;
  }

  /** From now on only times help. What the detector expects is known to be missing. */
  #loseCursor(cause: GapCause): void {
    this.#cursorLost = cause;
    this.#hasFollowedToEnd = false;
    this.detector.reset();
  }
}
