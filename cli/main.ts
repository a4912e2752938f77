import { type Parsed, readArguments } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { type Context, flag } from './context.ts';
import { EXIT, type ExitCode, Failure } from './failure.ts';
import { neutral } from './plain.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

function contextFor(terminal: Terminal, { values }: Parsed): Context {
  const verbose = flag(values, 'verbose') || flag(values, 'debug');
  const trace = (line: string) => void (verbose && terminal.err(terminal.paintError('dim', neutral(line))));
  const connecting = { terminal, env: process.env, values, version: VERSION, trace };
  return {
    terminal,
    verbose,
    farewell: [],
    connect: async () => (await import('./connect.ts')).connect(connecting),
    account: async () => (await import('./session/account.ts')).openAccount(connecting),
  };
}

function onInterrupt(context: Context): void {
  process.once('SIGINT', () => {
    context.terminal.settle();
    for (const line of context.farewell) context.terminal.err(line);
    process.exit(EXIT.interrupted);
  });
}

/** Whoever read the output has enough (`| head`): nobody is left to tell. */
function onBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) =>
      process.exit(error.code === 'EPIPE' ? EXIT.brokenPipe : EXIT.usage),
    );
  }
}

async function help(terminal: Terminal, { name, command }: Parsed): Promise<ExitCode> {
  const { mainHelp, commandHelp } = await import('./help.ts');
  const lines = name && command ? commandHelp(name, command, terminal.paint) : mainHelp(COMMANDS, terminal.paint);
  terminal.out(lines.join('\n'));
  return EXIT.ok;
}

async function run(terminal: Terminal, args: string[]): Promise<ExitCode> {
  const parsed = readArguments(args, COMMANDS);
  if (flag(parsed.values, 'help')) return help(terminal, parsed);
  if (flag(parsed.values, 'version')) {
    terminal.out(`Toolforge Builds CLI, version ${VERSION}`);
    return EXIT.ok;
  }
  if (!parsed.command) {
    await help({ ...terminal, out: terminal.err, paint: terminal.paintError }, parsed);
    return EXIT.usage;
  }
  const context = contextFor(terminal, parsed);
  onInterrupt(context);
  return parsed.command.run(context, parsed);
}

/** Says what went wrong. @returns the exit code */
function explain(terminal: Terminal, error: unknown, debug: boolean): ExitCode {
  terminal.settle();
  const failure = error instanceof Failure ? error : undefined;
  const message = failure?.message ?? `This program made a mistake: ${error instanceof Error ? error.message : error}`;
  for (const line of message.split(/\r?\n/)) terminal.error(line);
  if (failure?.hint) terminal.info(failure.hint);
  if (!debug && !failure) terminal.info('Please report it, with what --debug says.');
  const cause = failure ? failure.cause : error;
  if (debug && cause instanceof Error) {
    for (const line of (cause.stack ?? cause.message).split('\n')) terminal.err(neutral(line));
  }
  return failure?.exitCode ?? EXIT.unavailable;
}

async function main(args: string[]): Promise<void> {
  const terminal = createTerminal(process.env);
  onBrokenPipe();
  try {
    process.exit(await run(terminal, args));
  } catch (error) {
    process.exit(explain(terminal, error, args.includes('--debug') || args.includes('-d')));
  }
}

void main(process.argv.slice(2));
