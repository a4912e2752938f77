import { parseArgs } from 'node:util';
import { type Command, type Commands, globalOptions, type Invocation, type Options, shownCommands } from './command.ts';
import { exitCodes, Failure } from './failure.ts';

/** The parsed command line of `toolforge-build`. `name` and `command` are undefined when the user named no command. */
export type Parsed = Invocation & { name: string | undefined; command: Command | undefined };

/**
 * Returns command-line options in the form that `parseArgs` of node:util takes, without help texts and placeholders.
 */
const forParser = (options: Options) =>
  Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  );

/** Returns the index of the command's name among the command-line arguments; -1 when the user named no command. */
const commandIndex = (args: string[]): number => {
  const options = forParser(globalOptions);
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  return tokens.find((token) => token.kind === 'positional')?.index ?? -1;
};

const wrongUsage = (error: unknown, name: string | undefined): Failure => {
  const reason = error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? '') : String(error);
  const hint = `See: toolforge-build ${name ? `${name} ` : ''}--help`;
  return new Failure(exitCodes.usage, `${reason.replace(/\.$/, '')}.`, { hint, cause: error });
};

/**
 * Returns "Did you mean …?" for a mistyped command, with the commands that begin with the same two letters as the
 * mistyped name, or that the mistyped name begins with. Returns an empty text when no command is similar.
 */
const suggestion = (name: string, commands: Commands): string => {
  const close = Object.keys(shownCommands(commands)).filter(
    (known) => known.startsWith(name.slice(0, 2)) || name.startsWith(known),
  );
  return close.length > 0 ? ` Did you mean ${close.join(' or ')}?` : '';
};

const unknownCommand = (name: string, commands: Commands): Failure =>
  new Failure(exitCodes.usage, `There is no command "${name}".${suggestion(name, commands)}`, {
    hint: 'See: toolforge-build --help',
  });

const parseFor = (name: string | undefined, command: Command | undefined, args: string[]): Invocation => {
  const options = forParser({ ...globalOptions, ...command?.options });
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Invocation['values'], positionals };
  } catch (error) {
    throw wrongUsage(error, name);
  }
};

/**
 * Parses the command-line arguments of `toolforge-build`.
 * @throws Failure that names an unknown command, an unknown option, or an argument too many
 */
export const readArguments = (args: string[], commands: Commands): Parsed => {
  const index = commandIndex(args);
  const name = index < 0 ? undefined : args[index];
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && !command) throw unknownCommand(name, commands);
  const others = index < 0 ? args : args.toSpliced(index, 1);
  const invocation = parseFor(name, command, others);
  const extra = invocation.positionals[command?.maxArguments ?? 0];
  if (extra !== undefined) throw wrongUsage(`Unexpected argument "${extra}"`, name);
  return { ...invocation, name, command };
};
