import { ContinuedLines, type ContinuedPart } from './continued-lines.ts';
import { LineSplitter, type RawLine } from './line-splitter.ts';

/** Splits the bytes of one stream of a step's log into lines, and joins the lines that marks have ended. */
export class RawLines {
  readonly #splitter = new LineSplitter();
  readonly #continued: ContinuedLines | undefined;
  /** Time at which the kubelet has the last part of the unfinished line, if that line has several parts. */
  #partTime: string | undefined;
  /** Time at which the kubelet has the line that the last mark has ended. */
  #markTime: string | undefined;

  /** @param markName the name in the marks of the step's log; undefined for a log without marks */
  constructor(markName: string | undefined) {
    this.#continued = markName === undefined ? undefined : new ContinuedLines(markName);
  }

  /** Takes the next bytes of a log, as the API server sends them. */
  push(bytes: Uint8Array): RawLine[] {
    if (!this.#continued) return this.#splitter.push(bytes);
    return this.#continued.push(bytes).flatMap((part) => this.#addPart(part));
  }

  /**
   * Returns the text after the log's last line feed as a line. No bytes may be pushed afterwards. Behind a mark, the last
   * raw line is the part that the mark has ended. A mark after a whole line begins no line.
   */
  finish(): RawLine[] {
    if (this.#continued?.isBehindMark && this.#markTime !== undefined) {
      const line = this.#splitter.isAtLineStart ? [] : this.#splitter.finish();
      return [...line, partOf(this.#markTime)];
    }
    const held = this.#continued ? this.#splitter.push(this.#continued.finish()) : [];
    return this.#withPart([...held, ...this.#splitter.finish()]);
  }

  /** The unfinished line at a mark. Undefined if the stream has not come to a mark, or goes on behind the mark. */
  get unfinishedAtMark(): Pick<RawLine, 'time' | 'text'> | undefined {
    return this.#continued?.isBehindMark ? this.#splitter.unfinished : undefined;
  }

  #addPart({ bytes, isUnfinished, time }: ContinuedPart): RawLine[] {
    this.#takeTime(time);
    const rawLines = this.#withPart(this.#splitter.push(bytes));
    const partTime = this.#partTime ?? this.#splitter.unfinished?.time;
    if (!isUnfinished || partTime === undefined) return rawLines;
    this.#partTime = undefined;
    this.#markTime = partTime;
    return [...rawLines, partOf(partTime)];
  }

  /** Takes the time of a part. The line has the time of its first part that has text. */
  #takeTime(time: string | undefined): void {
    if (time === undefined) return;
    if (this.#splitter.isAtLineStart) this.#splitter.retime(time);
    else this.#partTime = time;
  }

  /** Adds the last part of a joined line after the line. */
  #withPart(rawLines: RawLine[]): RawLine[] {
    const end = this.#partTime === undefined ? -1 : rawLines.findIndex(({ more }) => !more);
    if (end < 0 || this.#partTime === undefined) return rawLines;
    const part = partOf(this.#partTime);
    this.#partTime = undefined;
    return rawLines.toSpliced(end + 1, 0, part);
  }
}

const partOf = (time: string): RawLine => ({ time, text: '', more: false, isPart: true });
