import { type Cursor, isLater } from '../cursor.ts';
import type { GapCause } from './gap-notes.ts';

/**
 * Tells which lines of a resumed log stream the reader has already. The kubelet finds lines by whole seconds, so a
 * resumed stream begins with lines from before the reader's cursor.
 */
export class ResumePoint {
  readonly cursor: Cursor;
  readonly #cursorLost: GapCause | undefined;
  readonly #key: string;
  #isSkipping = true;
  #isPassed = false;

  /**
   * @param cursorLost reason why the log no longer has the cursor's line; undefined if the line is expected in the log.
   * With a reason, reading resumes with the first line that is later than the cursor
   */
  constructor(cursor: Cursor, cursorLost: GapCause | undefined) {
    this.cursor = cursor;
    this.#cursorLost = cursorLost;
    this.#key = `${cursor.seconds.toString(36)}.${cursor.fraction}`;
  }

  /** Takes the next line of a resumed stream. @returns whether the reader has this line already */
  isSeen(key: string, sameTimeBefore: number): boolean {
    if (!this.#isSkipping) return false;
    if (this.#cursorLost) {
      this.#isSkipping = !isLater(key, this.cursor);
      return this.#isSkipping;
    }
    // A stream counts as past the cursor only one second after the cursor's time, because container runtimes write the
    // lines of stdout and stderr slightly out of order.
    this.#isPassed ||= isLater(key, this.cursor, 1);
    this.#isSkipping = !(key === this.#key && sameTimeBefore === this.cursor.sameTimeBefore);
    return true;
  }

  /** Says whether a resumed stream has come to the line after which reading resumes. */
  get isReached(): boolean {
    return !this.#isSkipping;
  }

  /** Says whether a resumed stream has not yet come to the cursor's line, although the log should have that line. */
  get isSearching(): boolean {
    return this.#isSkipping && !this.#cursorLost;
  }

  /** Says whether a resumed stream is past the cursor's time without the cursor's line, so that lines are missing. */
  get isMissed(): boolean {
    return this.#isSkipping && this.#isPassed;
  }
}
