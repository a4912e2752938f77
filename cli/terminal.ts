import { type CellWidth, cut, lazyCellWidth } from './cells.ts';
import type { Environment } from './environment.ts';
import { notificationOf } from './notification.ts';
import { printable, printableLogLine, printableOutput } from './printable.ts';
import { eraseLine, StatusLine, usableColumns } from './status-line.ts';

/** Codes of the colour sequences of a terminal (Select Graphic Rendition), by style. */
const styles = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', blue: '34', cyan: '36' } as const;
export type Style = keyof typeof styles;
/** Returns a text with the colour sequences of a style, or the text unchanged when the output takes no colours. */
export type Paint = (style: Style, text: string) => string;

/** A request that failed, and is sent again after a delay. */
export type Retry = {
  /** The failure as a sentence. */
  message: string;
  /** A second sentence, which follows the first where it is printed. */
  next: string;
  /** Delay before the request is sent again, in milliseconds. */
  delayMs: number;
};

export type Terminal = {
  /** Whether standard error is a terminal that can draw its last line again, so that there is a status line. */
  isLive: boolean;
  /** Whether standard output is a terminal that can draw all its lines again. */
  canRedraw: boolean;
  /** Whether colour sequences may be written to standard output. */
  colours: boolean;
  /** Whether colour sequences may be written to standard error. */
  errorColours: boolean;
  /** Present width of standard output in characters; undefined when standard output is no terminal. */
  readonly columns: number | undefined;
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
  /** Shows a status line with a text if there is one. Otherwise prints nothing. */
  waiting: (text: string) => void;
  /** Shows a status line whose text is made anew for each frame. Prints nothing where there is no status line. */
  status: (text: () => string) => void;
  /** Shows a status line with a text. Where there is none, prints each new text as a line. */
  note: (text: string) => void;
  /**
   * Tells that a request is sent again: by counting down in the status line, else by a warning. A warning is not repeated
   * for the same message until something else is printed.
   */
  retrying: (retry: Retry) => void;
  /** Rings the bell of the terminal, or shows a notification where the terminal can. Nothing where there is no terminal. */
  notify: (text: string) => void;
  /** Erases the status line, and the line that was drawn last. */
  clearSpinner: () => void;
  /**
   * Asks a question on standard error, where nothing is drawn over it, and reads the reply from standard input, which may be a pipe: `yes | …`. Every
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

/** A line that is drawn in the last line of a terminal, until another takes its place. */
class Drawing {
  readonly #isDumb: boolean;
  readonly #cells: CellWidth = lazyCellWidth();
  #stream: NodeJS.WriteStream | undefined;

  constructor(env: Environment) {
    this.#isDumb = env.TERM === 'dumb';
  }

  /** @returns false, without drawing, if the stream is no terminal that can erase a line */
  draw(stream: NodeJS.WriteStream, line: string): boolean {
    if (!stream.isTTY || this.#isDumb) return false;
    const text = printableLogLine(line, false);
    stream.write(`${eraseLine}${cut(text, usableColumns(stream), this.#cells)}`);
    this.#stream = stream;
    return true;
  }

  erase(): void {
    this.#stream?.write(eraseLine);
    this.#stream = undefined;
  }
}

type Print = (line: string) => void;

const createNote = (status: StatusLine | undefined, err: Print, paint: Paint): Terminal['note'] => {
  let last = '';
  return (text) => {
    const line = printable(text);
    if (status) status.show(() => line);
    else if (line !== last) err(paint('dim', line));
    last = line;
  };
};

/** Prints warnings about requests that are sent again, and keeps from repeating the last one. */
const createRetrying = (status: StatusLine | undefined, warn: Print) => {
  let last: string | undefined;
  return {
    retrying: ({ message, next, delayMs }: Retry): void => {
      const shown = printable(message);
      if (status) status.countDown((seconds) => `Trying again in ${seconds} s: ${shown}`, delayMs);
      else if (message !== last) warn(`${message} ${next}`);
      last = message;
    },
    forget: (): void => {
      last = undefined;
    },
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

/** Returns functions that print lines to standard output and standard error, above what is drawn in the last line. */
const createPrinters = (status: StatusLine | undefined, drawing: Drawing) => {
  const printTo =
    (stream: NodeJS.WriteStream): Print =>
    (line) => {
      status?.erase();
      drawing.erase();
      stream.write(`${printableOutput(line)}\n`);
    };
  return { out: printTo(process.stdout), err: printTo(process.stderr) };
};

/** Returns the terminal of this process, with colours and a status line if the output streams support them. */
export const createTerminal = (env: Environment): Terminal => {
  const { stdout, stderr } = process;
  const [colours, errorColours] = [wantsColour(env, stdout.isTTY === true), wantsColour(env, stderr.isTTY === true)];
  const paintError = painter(errorColours);
  const isLive = stderr.isTTY === true && env.TERM !== 'dumb';
  const status = isLive ? new StatusLine(stderr, (frame) => paintError('cyan', frame)) : undefined;
  const drawing = new Drawing(env);
  const { out, err } = createPrinters(status, drawing);
  const warning = (text: string) => err(paintError('yellow', `Warning: ${printable(text)}`));
  const { retrying, forget } = createRetrying(status, warning);
  const clearSpinner = () => {
    status?.stop();
    drawing.erase();
  };
  const forgetting = (print: Print) => (text: string) => {
    forget();
    print(text);
  };
  return {
    isLive,
    canRedraw: stdout.isTTY === true && env.TERM !== 'dumb',
    colours,
    errorColours,
    get columns() {
      return stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined;
    },
    paint: painter(colours),
    paintError,
    out: forgetting(out),
    err: forgetting(err),
    draw: (line, toError) => {
      if (!drawing.draw(toError ? stderr : stdout, line)) (toError ? err : out)(line);
    },
    info: forgetting((text) => err(printable(text))),
    warning: forgetting(warning),
    error: forgetting((text) => err(paintError('red', `Error: ${printable(text)}`))),
    waiting: (text) => status?.show(() => printable(text)),
    status: (text) => status?.show(() => printable(text())),
    note: createNote(status, err, paintError),
    retrying,
    notify: (text) => void (isLive && stderr.write(notificationOf(env, printable(text).replaceAll(';', ',')))),
    clearSpinner,
    confirm: (question) => {
      clearSpinner();
      return confirm(question);
    },
  };
};
