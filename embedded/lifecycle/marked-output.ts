import type { Writable } from 'node:stream';

const lineFeed = 0x0a;

const countLines = (chunk: Buffer): number => {
  let count = 0;
  for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) count += 1;
  return count;
};

/**
 * Writes the marks of a step's log around the step's output, as the script run-phase.sh of the chart builds-builder does on
 * a cluster: at the beginning, at the end with the numbers of lines and bytes, and behind a line that stays unfinished.
 */
export class MarkedOutput {
  readonly #output: Writable;
  readonly #mark: string | undefined;
  #lines = 0;
  #bytes = 0;
  #isLineOpen = false;
  #shownBytes = 0;
  #isPause = false;

  /** @param mark name in the marks. Undefined or empty for an output without marks */
  constructor(output: Writable, mark: string | undefined) {
    this.#output = output;
    this.#mark = mark;
  }

  begin(): void {
    this.#write('begin');
  }

  /** Counts a part of the step's output, which the caller writes itself. */
  count(chunk: Buffer): void {
    this.#lines += countLines(chunk);
    this.#bytes += chunk.length;
    this.#isLineOpen = chunk.at(-1) !== lineFeed;
  }

  /**
   * Ends an unfinished line by a mark, unless nothing was written since the last mark. Must be called every half second,
   * and writes at every second call at most.
   */
  showUnfinishedLine(): void {
    if (this.#isPause || this.#bytes === this.#shownBytes) {
      this.#isPause = false;
      return;
    }
    this.#shownBytes = this.#bytes;
    this.#isPause = true;
    this.#write('continues');
  }

  /** Ends the output. A last line without a line feed counts as a line. */
  end(): void {
    if (!this.#mark) return;
    if (this.#isLineOpen) {
      this.#output.write('\n');
      this.#lines += 1;
    }
    this.#write(`end: ${this.#lines} lines, ${this.#bytes} bytes`);
  }

  #write(text: string): void {
    if (this.#mark) this.#output.write(`[log-mark ${this.#mark}] ${text}\n`);
  }
}
