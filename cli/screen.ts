import { printableOutput } from './printable.ts';

// The terminal's other screen has no lines to scroll back to, and does not wrap lines that are too long. What the terminal
// showed before comes back when the program leaves the other screen.
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const eraseRest = '\u001b[K';
const eraseBelow = '\u001b[J';
const defaultRows = 24;
/** Rows of the footer, and of the blank line above it. */
const footerRows = 2;

/** Exit codes of a program that a signal ends: 128 and the signal's number. */
const endingSignals = { SIGTERM: 143, SIGHUP: 129 } as const;

/** A terminal's other screen, on which a program draws all lines again and again. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  #isOpen = false;
  #lines: readonly string[] = [];
  #footer = '';
  readonly #close = () => this.close();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /**
   * Enters the other screen. However the program ends or is suspended, it leaves the screen first.
   */
  open(): void {
    this.#enter();
    process.once('exit', this.#close);
    for (const [signal, code] of Object.entries(endingSignals)) process.once(signal, () => process.exit(code));
    process.on('SIGTSTP', () => {
      this.#leave();
      process.kill(process.pid, 'SIGSTOP');
    });
    process.on('SIGCONT', () => this.#enter());
    this.#stream.on('resize', () => this.#draw());
  }

  /**
   * Draws lines from the top of the screen, and a footer below them. Lines for which there is no room are counted.
   * @param footer a line about the program, which does not stay when the program ends
   */
  show(lines: readonly string[], footer: string): void {
    this.#lines = lines;
    this.#footer = footer;
    this.#draw();
  }

  /** Leaves the other screen, and prints what was drawn last, so that it stays. */
  close(): void {
    if (!this.#isOpen) return;
    process.off('exit', this.#close);
    this.#leave();
    for (const line of this.#lines) this.#stream.write(`${printableOutput(line)}\n`);
  }

  #enter(): void {
    this.#isOpen = true;
    this.#stream.write(enter);
    this.#draw();
  }

  #leave(): void {
    if (this.#isOpen) this.#stream.write(leave);
    this.#isOpen = false;
  }

  #visible(): readonly string[] {
    const room = (this.#stream.rows || defaultRows) - footerRows;
    if (this.#lines.length <= room) return [...this.#lines, '', this.#footer];
    const shown = Math.max(0, room - 1);
    return [...this.#lines.slice(0, shown), `… ${this.#lines.length - shown} more`, '', this.#footer];
  }

  #draw(): void {
    if (!this.#isOpen) return;
    const lines = this.#visible().map((line) => `${printableOutput(line)}${eraseRest}`);
    this.#stream.write(`${home}${lines.join('\r\n')}${eraseBelow}`);
  }
}
