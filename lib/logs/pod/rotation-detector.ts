import type { RawLine } from './line-splitter.ts';

type NewestLine = RawLine & { ms: number };

/** Milliseconds by which runtimes write the lines of stdout and stderr out of order. */
const disorderMs = 2000;
/** Shortest line that a runtime cuts into parts. The newest line may be such a part. */
const minPartLength = 8192;

const isPartOf = (newest: string, text: string): boolean =>
  text.length >= minPartLength && newest !== '' && (text.includes(newest) || newest.endsWith(text));

const isSameLine = (newest: RawLine, { time, text }: RawLine): boolean =>
  (newest.time === time && newest.text === text) || isPartOf(newest.text, text);

/**
 * Finds places where the kubelet threw lines away before they were read.
 *
 * The kubelet rotates a log that grows, and a stream that is two files behind continues after the file between them
 * without any error. Each file is the newest one for at least `containerLogMonitorInterval` (10 s). So while a log is
 * followed its newest line is looked up every few seconds: at least one line of each file is known then, and a stream
 * that passes the time of a known line without showing it has skipped a file.
 *
 * @see docs/adr/0019-reading-ahead.md
 */
export class RotationDetector {
  /** Newest lines that the stream has not reached yet, in order. */
  #expected: NewestLine[] = [];
  /** Time of the first newest line since the last failed lookup, in milliseconds since 1970. */
  #knownSinceMs = Number.POSITIVE_INFINITY;

  /** @param lastRead the stream's last line so far */
  addNewestLine(newest: RawLine | undefined, lastRead: RawLine | undefined): void {
    if (!newest || newest.time === '') return;
    const ms = Date.parse(newest.time);
    this.#knownSinceMs = Math.min(this.#knownSinceMs, ms);
    // A line that the stream may have passed already proves nothing.
    if (!lastRead || ms > Date.parse(lastRead.time)) this.#expected.push({ ...newest, ms });
  }

  /** Records that a newest line could not be looked up: files since the one before it are unknown. */
  lookupFailed(): void {
    this.#knownSinceMs = Number.POSITIVE_INFINITY;
  }

  /** Takes the stream's next line. @returns whether lines are missing before it */
  isGapBefore(line: RawLine): boolean {
    const [first] = this.#expected;
    if (!first) return false;
    if (isSameLine(first, line)) {
      // Several lookups return the same line if nothing was printed between them, or other parts of a long line.
      const next = this.#expected.findIndex((newest) => !isSameLine(newest, line));
      this.#expected = next < 0 ? [] : this.#expected.slice(next);
      return false;
    }
    const ms = Date.parse(line.time);
    if (ms <= first.ms + disorderMs) return false;
    this.#expected = this.#expected.filter((newest) => ms <= newest.ms + disorderMs && !isSameLine(newest, line));
    return true;
  }

  /** Whether a newest line was seen that the stream has not reached. */
  get isExpectingLines(): boolean {
    return this.#expected.length > 0;
  }

  /** Whether every file after this line would have been noticed. */
  knowsAllAfter(line: RawLine | undefined): boolean {
    return line !== undefined && this.#knownSinceMs <= Date.parse(line.time);
  }

  /** Forgets the newest lines seen so far. */
  reset(): void {
    this.#expected = [];
  }
}
