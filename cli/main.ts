import { type Parsed, readArguments } from './arguments.ts';
import { type Context, flag, printHint, text } from './command.ts';
import { commands } from './commands.ts';
import type { ConnectOptions } from './connect.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { printable } from './printable.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Tells whether Toolforge's launcher passes on its own --verbose or --debug, which it does in variables. */
const isSetByLauncher = (option: 'VERBOSE' | 'DEBUG'): boolean => process.env[`TOOLFORGE_${option}`] === '1';

const contextFor = (terminal: Terminal, { values }: Parsed): Context => {
  const asked = flag(values, 'verbose') || flag(values, 'debug');
  const verbose = asked || isSetByLauncher('VERBOSE') || isSetByLauncher('DEBUG');
  const options: ConnectOptions = {
    terminal,
    env: process.env,
    tool: text(values, 'tool'),
    apiUrl: text(values, 'api-url'),
    version,
    trace: (line) => void (verbose && terminal.err(terminal.paintError('dim', printable(line)))),
  };
  return {
    terminal,
    verbose,
    commands,
    farewell: [],
    connect: async () => (await import('./connect.ts')).connect(options),
    account: async () => (await import('./session/account.ts')).openAccount(options),
  };
};

const onInterrupt = (context: Context): void => {
  process.once('SIGINT', () => {
    context.terminal.clearSpinner();
    for (const line of context.farewell) context.terminal.err(line);
    process.exit(exitCodes.interrupted);
  });
};

/** Ends `toolforge-build` without an error message when the reader of its output closed the pipe, as `| head` does. */
const onBrokenPipe = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) =>
      process.exit(error.code === 'EPIPE' ? exitCodes.brokenPipe : exitCodes.usage),
    );
  }
};

const printHelp = async (terminal: Terminal, { name, command }: Parsed): Promise<ExitCode> => {
  const { mainHelp, commandHelp } = await import('./help.ts');
  const lines = name && command ? commandHelp(name, command, terminal.paint) : mainHelp(commands, terminal.paint);
  terminal.out(lines.join('\n'));
  return exitCodes.ok;
};

const run = async (terminal: Terminal, args: string[]): Promise<ExitCode> => {
  const parsed = readArguments(args, commands);
  if (flag(parsed.values, 'help')) return printHelp(terminal, parsed);
  if (flag(parsed.values, 'version')) {
    terminal.out(`Toolforge Builds CLI, version ${version}`);
    return exitCodes.ok;
  }
  if (!parsed.command) {
    await printHelp({ ...terminal, out: terminal.err, paint: terminal.paintError }, parsed);
    return exitCodes.usage;
  }
  const context = contextFor(terminal, parsed);
  onInterrupt(context);
  const exitCode = await parsed.command.run(context, parsed);
  terminal.clearSpinner();
  return exitCode;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const printCause = (terminal: Terminal, cause: unknown): void => {
  if (!(cause instanceof Error)) return;
  for (const line of (cause.stack ?? cause.message).split('\n')) terminal.err(printable(line));
};

/** Prints an expected failure of a command, with its hint. @returns the exit code of `toolforge-build` */
const printFailure = (terminal: Terminal, failure: Failure, debug: boolean): ExitCode => {
  for (const line of failure.message.split(/\r?\n/)) terminal.error(line);
  printHint(terminal, failure);
  if (debug) printCause(terminal, failure.cause);
  return failure.exitCode;
};

/** Prints an unexpected error, which is a defect of `toolforge-build`. @returns the exit code */
const printDefect = (terminal: Terminal, error: unknown, debug: boolean): ExitCode => {
  for (const line of `Internal error: ${messageOf(error)}`.split(/\r?\n/)) terminal.error(line);
  if (debug) printCause(terminal, error);
  else terminal.info('Report this error with the output of the same command with --debug.');
  return exitCodes.unavailable;
};

const main = async (args: string[]): Promise<void> => {
  const terminal = createTerminal(process.env);
  onBrokenPipe();
  // Node ends a process that waits for nothing more with this code, so no defect can make a command succeed.
  process.exitCode = exitCodes.unavailable;
  try {
    process.exit(await run(terminal, args));
  } catch (error) {
    terminal.clearSpinner();
    const debug = args.includes('--debug') || args.includes('-d') || isSetByLauncher('DEBUG');
    process.exit(error instanceof Failure ? printFailure(terminal, error, debug) : printDefect(terminal, error, debug));
  }
};

void main(process.argv.slice(2));
