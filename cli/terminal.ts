import { LineCutter } from './cells.ts';
import type { Environment } from './environment.ts';
import { printable, printableLogLine, printableOutput } from './printable.ts';

/** Codes of the colour sequences of a terminal (Select Graphic Rendition), by style. */
const styles = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', blue: '34', cyan: '36' } as const;
export type Style = keyof typeof styles;
/** Returns a text with the colour sequences of a style, or the text unchanged when the output takes no colours. */
export type Paint = (style: Style, text: string) => string;

export type Terminal = {
  /** Whether colour sequences may be written to standard output. */
  colours: boolean;
  /** Whether colour sequences may be written to standard error. */
  errorColours: boolean;
  /** Width of standard output in characters; undefined when standard output is no terminal. */
  columns: number | undefined;
  /** Adds colour sequences to a text for standard output, if standard output takes colours. */
  paint: Paint;
  /** Adds colour sequences to a text for standard error, if standard error takes colours. */
  paintError: Paint;
  /** Prints a line or several to standard output, without any control character but colours. */
  out: (line: string) => void;
  /** Prints a line or several to standard error, without any control character but colours. */
  err: (line: string) => void;
  /**
   * Draws a line in the last line of the terminal, without colours. The next line, printed or drawn, takes its place. Where
   * the output is no terminal, the line is printed.
   * @param toError true for standard error
   */
  draw: (line: string, toError: boolean) => void;
  info: (text: string) => void;
  warning: (text: string) => void;
  error: (text: string) => void;
  /** Shows a spinner with a text if standard error is a terminal. Otherwise prints nothing. */
  waiting: (text: string) => void;
  /** Shows a spinner with a text if standard error is a terminal. Otherwise prints each new text as a line. */
  note: (text: string) => void;
  /** Erases the spinner, and the line that was drawn last. */
  clearSpinner: () => void;
  /**
   * Asks a question on standard error, and reads the reply from standard input, which may be a pipe: `yes | …`. Every
   * reply except y and yes counts as no. Returns undefined when standard input ends without a reply.
   */
  confirm: (question: string) => Promise<boolean | undefined>;
};

/**
 * Tells whether an output stream takes colours. FORCE_COLOR decides first, then NO_COLOR, then whether the stream is a
 * terminal.
 * @see https://no-color.org
 */
export const wantsColour = (env: Environment, isTerminal: boolean): boolean => {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return !['0', 'false'].includes(env.FORCE_COLOR);
  if (env.NO_COLOR) return false;
  return isTerminal && env.TERM !== 'dumb';
};

const painter =
  (enabled: boolean): Paint =>
  (style, text) =>
    enabled ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;

const spinnerFrames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** Time for which a spinner on the terminal shows one frame, in milliseconds. */
const frameMs = 100;
const eraseLine = '\r\u001b[2K';
/** Columns of the terminal that a spinner uses besides its text. */
const spinnerColumns = 4;

/** A spinner with a text, in the last line of a terminal. */
class Spinner {
  readonly #stream: NodeJS.WriteStream;
  readonly #paint: Paint;
  #timer: NodeJS.Timeout | undefined;
  #text = '';
  readonly #cutter = new LineCutter();
  #frame = 0;

  constructor(stream: NodeJS.WriteStream, paint: Paint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  show(text: string): void {
    this.#text = text;
    this.#cutter.prepare(text);
    this.#timer ??= setInterval(() => this.#draw(), frameMs).unref();
    this.#draw();
  }

  /** Erases the spinner from the terminal until its next frame, so that a line can be printed. */
  erase(): void {
    if (this.#timer) this.#stream.write(eraseLine);
  }

  stop(): void {
    this.erase();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % spinnerFrames.length;
    const width = Math.max(10, (this.#stream.columns || 80) - spinnerColumns);
    const frame = this.#paint('cyan', spinnerFrames[this.#frame] ?? '');
    this.#stream.write(`${eraseLine}${frame} ${this.#cutter.cut(this.#text, width)}`);
  }
}

/** A line that is drawn in the last line of a terminal, until another takes its place. */
class Drawing {
  readonly #isDumb: boolean;
  #stream: NodeJS.WriteStream | undefined;
  readonly #cutter = new LineCutter();

  constructor(env: Environment) {
    this.#isDumb = env.TERM === 'dumb';
  }

  /** @returns false, without drawing, if the stream is no terminal that can erase a line */
  draw(stream: NodeJS.WriteStream, line: string): boolean {
    if (!stream.isTTY || this.#isDumb) return false;
    const text = printableLogLine(line, false);
    this.#cutter.prepare(text);
    stream.write(`${eraseLine}${this.#cutter.cut(text, (stream.columns || 80) - 1)}`);
    this.#stream = stream;
    return true;
  }

  erase(): void {
    this.#stream?.write(eraseLine);
    this.#stream = undefined;
  }
}

const createNote = (spinner: Spinner | undefined, err: (line: string) => void, paint: Paint): Terminal['note'] => {
  let last = '';
  return (text) => {
    const line = printable(text);
    if (spinner) spinner.show(line);
    else if (line !== last) err(paint('dim', line));
    last = line;
  };
};

const confirm = async (question: string): Promise<boolean | undefined> => {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin });
  process.stderr.write(`${question} [y/N]: `);
  const reply = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve);
    // On a terminal the user has typed Ctrl-D, which means no.
    lines.once('close', () => resolve(process.stdin.isTTY ? '' : undefined));
  });
  lines.close();
  if (!process.stdin.isTTY) process.stderr.write('\n');
  return reply === undefined ? undefined : /^y(es)?$/i.test(reply.trim());
};

/** Returns the terminal of this process, with colours and a spinner if the output streams support them. */
export const createTerminal = (env: Environment): Terminal => {
  const { stdout, stderr } = process;
  const colours = wantsColour(env, stdout.isTTY === true);
  const errorColours = wantsColour(env, stderr.isTTY === true);
  const paintError = painter(errorColours);
  const spinner = stderr.isTTY && env.TERM !== 'dumb' ? new Spinner(stderr, paintError) : undefined;
  const drawing = new Drawing(env);
  const printTo = (stream: NodeJS.WriteStream) => (line: string) => {
    spinner?.erase();
    drawing.erase();
    stream.write(`${printableOutput(line)}\n`);
  };
  const err = printTo(stderr);
  return {
    colours,
    errorColours,
    columns: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
    paint: painter(colours),
    paintError,
    out: printTo(stdout),
    err,
    draw: (line, toError) => {
      const stream = toError ? stderr : stdout;
      if (!drawing.draw(stream, line)) printTo(stream)(line);
    },
    info: (text) => err(printable(text)),
    warning: (text) => err(paintError('yellow', `Warning: ${printable(text)}`)),
    error: (text) => err(paintError('red', `Error: ${printable(text)}`)),
    waiting: (text) => spinner?.show(printable(text)),
    note: createNote(spinner, err, paintError),
    clearSpinner: () => {
      spinner?.stop();
      drawing.erase();
    },
    confirm,
  };
};
