import type { RawLine } from './line-splitter.ts';

type NewestLine = RawLine & { ms: number };

/** Longest time by which container runtimes write the lines of stdout and stderr out of order, in milliseconds. */
const disorderMs = 2000;
/**
 * Length in UTF-16 code units from which a container runtime may cut a line of a log into parts. The kubelet's newest
 * line may be such a part.
 */
const minPartLength = 8192;

const isPartOf = (newest: string, text: string): boolean =>
  text.length >= minPartLength && newest !== '' && (text.includes(newest) || newest.endsWith(text));

const isSameLine = (newest: RawLine, { time, text }: RawLine): boolean =>
  (newest.time === time && newest.text === text) || isPartOf(newest.text, text);

/**
 * Finds places in a followed log where the kubelet discarded lines before they were read.
 *
 * The kubelet rotates a log that grows, and a stream that is two files behind continues after the file between them
 * without any error. Each file is the newest one for at least `containerLogMonitorInterval` (10 s). So the newest line
 * of a followed log is looked up every few seconds: at least one line of each file is known then, and a stream that
 * passes the time of a known line without showing that line has skipped a file.
 *
 * @see docs/adr/0019-reading-ahead.md
 */
export class RotationDetector {
  /** Lines that were the newest of the log at a lookup and that the stream has not reached yet, in order. */
  #expected: NewestLine[] = [];
  /**
   * Time of the first line that a lookup found since the last failed lookup, in milliseconds since 1970. Lookups have
   * noticed every log file that began later.
   */
  #knownSinceMs = Number.POSITIVE_INFINITY;

  /** Takes the result of a lookup of the log's newest line. @param lastRead last line of the stream so far */
  addNewestLine(newest: RawLine | undefined, lastRead: RawLine | undefined): void {
    if (!newest || newest.time === '') return;
    const ms = Date.parse(newest.time);
    this.#knownSinceMs = Math.min(this.#knownSinceMs, ms);
    // A newest line that is not later than the stream's last line is ignored: the stream may have passed that line
    // already.
    if (!lastRead || ms > Date.parse(lastRead.time)) this.#expected.push({ ...newest, ms });
  }

  /**
   * Records that a lookup of the newest line failed: a log file that began and was discarded since the last successful
   * lookup would not be noticed.
   */
  lookupFailed(): void {
    this.#knownSinceMs = Number.POSITIVE_INFINITY;
  }

  /** Takes the next line of the stream. @returns whether lines of the log are missing before this line */
  isGapBefore(line: RawLine): boolean {
    const [first] = this.#expected;
    if (!first) return false;
    if (isSameLine(first, line)) {
      // Several lookups in a row may have returned this line, or different parts of it, so the results of all of them
      // are removed.
      const next = this.#expected.findIndex((newest) => !isSameLine(newest, line));
      this.#expected = next < 0 ? [] : this.#expected.slice(next);
      return false;
    }
    const ms = Date.parse(line.time);
    if (ms <= first.ms + disorderMs) return false;
    this.#expected = this.#expected.filter((newest) => ms <= newest.ms + disorderMs && !isSameLine(newest, line));
    return true;
  }

  /**
   * Records that the stream has brought a part of a line which the kubelet has as a line of its own.
   * @param time time of the part, which no other line has
   */
  addPart(time: string): void {
    this.#expected = this.#expected.filter((newest) => newest.time !== time);
  }

  /** Says whether a lookup has found a line that the stream has not reached yet. */
  get isExpectingLines(): boolean {
    return this.#expected.length > 0;
  }

  /** Says whether lookups have noticed every log file that the kubelet began after this line. */
  knowsAllAfter(line: RawLine | undefined): boolean {
    return line !== undefined && this.#knownSinceMs <= Date.parse(line.time);
  }

  /**
   * Forgets the lines that lookups found and that the stream has not reached yet, so that no gap is reported for them.
   */
  reset(): void {
    this.#expected = [];
  }
}
