import { type CellWidth, cut, lazyCellWidth } from './cells.ts';

const spinnerFrames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** Time for which the status line shows one frame of its spinner, in milliseconds. */
const frameMs = 100;
/** Columns of the terminal that the spinner uses besides its text, with the last one, which stays empty. */
const spinnerColumns = 3;
/** Returns to the start of the terminal's line, and erases the line. */
export const eraseLine = '\r\u001b[2K';
const defaultColumns = 80;

/** Returns the columns that a line of text may fill: one less than the terminal has, so that no terminal wraps it. */
export const usableColumns = (stream: NodeJS.WriteStream, reserved = 1): number =>
  Math.max(1, (stream.columns || defaultColumns) - reserved);

/** A text that the status line shows until a time, with the seconds that are left. */
type Countdown = { text: (seconds: number) => string; until: number };

/**
 * A spinner with a text in the last line of a terminal. The text is made anew for each frame, so it can show the time that
 * has passed. Lines are printed above it.
 */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #paintFrame: (frame: string) => string;
  readonly #cells: CellWidth = lazyCellWidth();
  #timer: NodeJS.Timeout | undefined;
  #text: (() => string) | undefined;
  #countdown: Countdown | undefined;
  #frame = 0;
  #isDrawn = false;

  constructor(stream: NodeJS.WriteStream, paintFrame: (frame: string) => string) {
    this.#stream = stream;
    this.#paintFrame = paintFrame;
  }

  /** @param text returns the text of the next frame, without control characters */
  show(text: () => string): void {
    this.#text = text;
    this.#countdown = undefined;
    this.#start();
  }

  /** Shows a text in place of the present one for `ms` milliseconds. The line then ends where there was no text before. */
  countDown(text: Countdown['text'], ms: number): void {
    this.#countdown = { text, until: performance.now() + ms };
    this.#start();
  }

  /** Erases the line from the terminal until the next frame, so that another line can be printed. */
  erase(): void {
    if (this.#isDrawn) this.#stream.write(eraseLine);
    this.#isDrawn = false;
  }

  stop(): void {
    this.erase();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#text = undefined;
    this.#countdown = undefined;
  }

  #start(): void {
    this.#timer ??= setInterval(() => this.#draw(), frameMs).unref();
    this.#draw();
  }

  /** Returns the text of the next frame; undefined when a countdown is over that no other text follows. */
  #currentText(): string | undefined {
    const left = this.#countdown ? this.#countdown.until - performance.now() : 0;
    if (this.#countdown && left > 0) return this.#countdown.text(Math.ceil(left / 1000));
    return this.#text?.();
  }

  #draw(): void {
    const current = this.#currentText();
    if (current === undefined) {
      this.stop();
      return;
    }
    this.#frame = (this.#frame + 1) % spinnerFrames.length;
    const frame = this.#paintFrame(spinnerFrames[this.#frame] ?? '');
    const text = cut(current, usableColumns(this.#stream, spinnerColumns), this.#cells);
    this.#stream.write(`${eraseLine}${frame} ${text}`);
    this.#isDrawn = true;
  }
}
