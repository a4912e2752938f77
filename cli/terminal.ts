import { neutral } from './plain.ts';

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', blue: '34', cyan: '36' } as const;
export type Style = keyof typeof STYLES;
export type Paint = (style: Style, text: string) => string;

type Environment = Record<string, string | undefined>;

export type Terminal = {
  /** Whether colours may go to standard output. */
  colours: boolean;
  errorColours: boolean;
  /** Width of standard output; undefined when it is not a terminal. */
  columns: number | undefined;
  /** Whether somebody sits there to be asked. */
  interactive: boolean;
  paint: Paint;
  paintError: Paint;
  /** A line to standard output. */
  out: (line: string) => void;
  /** A line to standard error. */
  err: (line: string) => void;
  info: (text: string) => void;
  warning: (text: string) => void;
  error: (text: string) => void;
  /** Says what is waited for, by a spinner on a terminal; nothing in a pipe. */
  waiting: (text: string) => void;
  /** As waiting, but a line whenever it changes where there is no spinner. */
  note: (text: string) => void;
  /** Takes the spinner away. */
  settle: () => void;
  /** A yes or no question on standard error. */
  confirm: (question: string) => Promise<boolean>;
};

/** FORCE_COLOR first, then NO_COLOR (https://no-color.org), then whether the stream is a terminal that knows colours. */
export function wantsColour(env: Environment, isTerminal: boolean): boolean {
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return !['0', 'false'].includes(env.FORCE_COLOR);
  if (env.NO_COLOR) return false;
  return isTerminal && env.TERM !== 'dumb';
}

const painter =
  (enabled: boolean): Paint =>
  (style, text) =>
    enabled ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;

const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
const ERASE_LINE = '\r\u001b[2K';

type Spinner = { set: (text: string) => void; clear: () => void; stop: () => void };

function createSpinner(stream: NodeJS.WriteStream, paint: Paint): Spinner {
  let timer: NodeJS.Timeout | undefined;
  let text = '';
  let frame = 0;
  const clear = () => void (timer && stream.write(ERASE_LINE));
  const draw = () => {
    frame = (frame + 1) % FRAMES.length;
    const room = Math.max(10, (stream.columns || 80) - 4);
    stream.write(`${ERASE_LINE}${paint('cyan', FRAMES[frame] ?? '')} ${[...text].slice(0, room).join('')}`);
  };
  const stop = () => {
    clear();
    clearInterval(timer);
    timer = undefined;
  };
  const set = (next: string) => {
    text = next;
    timer ??= setInterval(draw, 100).unref();
    draw();
  };
  return { set, clear, stop };
}

function noter(spinner: Spinner | undefined, err: (line: string) => void, paint: Paint) {
  let last = '';
  return (text: string) => {
    const safe = neutral(text);
    if (spinner) spinner.set(safe);
    else if (safe !== last) err(paint('dim', safe));
    last = safe;
  };
}

async function ask(question: string, prompt: (text: string) => void): Promise<boolean> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin });
  prompt(`${question} [y/N]: `);
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** The process's own streams, with colours and a spinner where they are wanted. */
export function createTerminal(env: Environment): Terminal {
  const { stdout, stderr, stdin } = process;
  const colours = wantsColour(env, stdout.isTTY === true);
  const paint = painter(colours);
  const errorColours = wantsColour(env, stderr.isTTY === true);
  const paintError = painter(errorColours);
  const spinner = stderr.isTTY && env.TERM !== 'dumb' ? createSpinner(stderr, paintError) : undefined;
  const write = (stream: NodeJS.WriteStream) => (line: string) => {
    spinner?.clear();
    stream.write(`${line}\n`);
  };
  const err = write(stderr);
  return {
    colours,
    errorColours,
    columns: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    paint,
    paintError,
    out: write(stdout),
    err,
    info: (text) => err(neutral(text)),
    warning: (text) => err(paintError('yellow', `Warning: ${neutral(text)}`)),
    error: (text) => err(paintError('red', `Error: ${neutral(text)}`)),
    waiting: (text) => spinner?.set(neutral(text)),
    note: noter(spinner, err, paintError),
    settle: () => spinner?.stop(),
    confirm: (question) => ask(question, (text) => void stderr.write(text)),
  };
}
