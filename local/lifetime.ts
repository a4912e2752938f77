/**
 * The lifetime of a command: `npm start`, `npm run demo` or `npm run image`. However the command ends, it leaves no process,
 * lock or temporary file behind:
 * - Ctrl-C, SIGTERM, a closed terminal, a closed output or the end of npm: everything is closed in order.
 * - a second Ctrl-C, SIGQUIT, or no end within ten seconds: processes are killed and files removed at once.
 * - SIGKILL: the next command does it, see run-folder.ts and leftovers.ts.
 */
import { mkdirSync } from 'node:fs';
import { clearLeftRunFolders, clearRunFolder, makeRunFolder, runPaths } from './run-folder.ts';

export type Lifetime = {
  /** Folder for all temporary files of the command, with the places that `runPaths` names. */
  folder: string;
  /** Aborts when the command has to end. */
  signal: AbortSignal;
  /** Adds what closes a part of the command. The parts close in reverse order, also when one of them fails. */
  atEnd: (close: () => Promise<unknown>) => void;
  /** Adds what clears a part of the command when its process exits. Nothing can be waited for then. */
  atExit: (clear: () => void) => void;
};

export type CommandOptions = {
  /** Exit code of the command after a signal. */
  interruptedCode: number;
  /** Returns the sentence that is printed when the command fails. Default: the error's message. */
  failure?: (error: Error) => string;
  /** Printed when the command has succeeded and everything is closed. Default: nothing. */
  farewell?: string;
};

/** npm passes each Ctrl-C on to the command, which has got the same Ctrl-C from the terminal already. */
const repeatedMs = 500;
const endWithinMs = 10_000;
/** Time in milliseconds after which a command that has not ended yet says that it is ending. */
const noticeMs = 700;
/** Time in milliseconds between two checks whether npm still runs. */
const parentMs = 500;

/** Name of the variable with the process id of npm, which package.json sets. */
const parentVariable = 'TOOLFORGE_BUILDS_PARENT';

/** The end of a command, which begins once and may be hurried. */
class Ending {
  readonly #controller = new AbortController();
  readonly #closes: (() => Promise<unknown>)[] = [];
  readonly #clears: (() => void)[] = [];
  #beganAt: number | undefined;
  #code = 0;

  /** Listens to everything that ends the command. @param code exit code of the command after a signal */
  constructor(code: number) {
    process.once('exit', () => this.#clear());
    listen(this, code);
  }

  /** Makes the folder of the command, which is removed last. A signal that comes meanwhile waits for this function. */
  makeFolder(): string {
    const folder = makeRunFolder();
    this.#clears.unshift(() => clearRunFolder(folder));
    mkdirSync(runPaths(folder).temporary);
    return folder;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get code(): number {
    return this.#code;
  }

  readonly atEnd = (close: () => Promise<unknown>): void => {
    this.#closes.push(close);
  };

  readonly atExit = (clear: () => void): void => {
    this.#clears.push(clear);
  };

  /** Begins the end. A later call, as by a second Ctrl-C, ends the process at once. */
  begin(code: number): void {
    if (this.#beganAt === undefined) {
      this.#beganAt = performance.now();
      this.#code = code;
      setTimeout(() => this.now(code), endWithinMs).unref();
      setTimeout(() => console.error('Stopping. Press Ctrl-C again to stop at once.'), noticeMs).unref();
      this.#controller.abort();
    } else if (performance.now() - this.#beganAt > repeatedMs) this.now(code);
  }

  /** Ends the process at once, and clears what can be cleared. */
  now(code: number): never {
    process.exit(code);
  }

  async closeAll(): Promise<void> {
    for (let close = this.#closes.pop(); close; close = this.#closes.pop())
      await close().catch((error: unknown) => console.error(error));
  }

  #clear(): void {
    for (const clear of this.#clears.reverse())
      try {
        clear();
      } catch (error) {
        console.error(error);
      }
  }
}

/**
 * Ends the command when npm has gone: npm ends without it on SIGHUP and SIGKILL. Without npm the command may outlive the
 * shell that has started it.
 */
const watchParent = (onGone: () => void): void => {
  const parent = process.env[parentVariable];
  if (parent !== undefined) setInterval(() => process.ppid !== Number(parent) && onGone(), parentMs).unref();
};

const listen = (ending: Ending, code: number): void => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.begin(code));
  process.on('SIGQUIT', () => ending.now(131));
  // A terminal that is closed, or a program that reads no more, as in `npm start | head`.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => ending.signal.aborted || ending.begin(code));
  process.on('uncaughtException', (error) => {
    console.error(error);
    ending.begin(1);
  });
  watchParent(() => ending.signal.aborted || ending.begin(code));
};

/**
 * Tells whether an error is a defect of the command, whose stack a reader needs, and not a sentence for the user. Node
 * throws a TypeError for wrong arguments of the command line, too.
 */
const isDefect = (error: Error): boolean =>
  [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind) &&
  !(error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_');

/**
 * Runs a command from its start to its end, and sets the exit code of this process. Before, ends what earlier commands
 * have left that were killed.
 * @param work resolves with the exit code when the command is done; it must end soon after `signal` aborts
 */
export const runCommand = async (
  work: (lifetime: Lifetime) => Promise<number>,
  { interruptedCode, failure = ({ message }) => message, farewell }: CommandOptions,
): Promise<void> => {
  const ending = new Ending(interruptedCode);
  let code = 0;
  try {
    const folder = ending.makeFolder();
    for (const warning of clearLeftRunFolders()) console.error(warning);
    const { signal, atEnd, atExit } = ending;
    code = await work({ folder, signal, atEnd, atExit });
  } catch (error) {
    if (!ending.signal.aborted) {
      console.error(failure(error as Error));
      if (isDefect(error as Error)) console.error(error);
      code = 1;
    }
  }
  await ending.closeAll();
  process.exitCode = ending.signal.aborted ? ending.code : code;
  if (farewell !== undefined && process.exitCode === 0) console.log(farewell);
  process.stdout.write('', () => process.exit());
};
