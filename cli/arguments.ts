import { parseArgs } from 'node:util';
import type { Invocation } from './context.ts';
import { EXIT, Failure } from './failure.ts';
import { type Command, type Commands, GLOBAL_OPTIONS, type Options } from './options.ts';

export type Parsed = Invocation & { name: string | undefined; command: Command | undefined };

const forParser = (options: Options) =>
  Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  );

/** Where the command's name stands among the arguments. */
function commandIndex(args: string[]): number {
  const options = forParser(GLOBAL_OPTIONS);
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  return tokens.find((token) => token.kind === 'positional')?.index ?? -1;
}

function wrongUsage(error: unknown, name: string | undefined): Failure {
  const reason = error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? '') : String(error);
  const hint = `See: toolforge-build ${name ? `${name} ` : ''}--help`;
  return new Failure(EXIT.usage, `${reason.replace(/\.$/, '')}.`, { hint, cause: error });
}

/** The commands that begin alike or hold the same letters, for "did you mean". */
function similar(name: string, commands: Commands): string {
  const close = Object.keys(commands).filter((known) => known.startsWith(name.slice(0, 2)) || name.startsWith(known));
  return close.length > 0 ? ` Did you mean ${close.join(' or ')}?` : '';
}

function parseFor(name: string | undefined, command: Command | undefined, args: string[]): Invocation {
  const options = forParser({ ...GLOBAL_OPTIONS, ...command?.options });
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Invocation['values'], positionals };
  } catch (error) {
    throw wrongUsage(error, name);
  }
}

/** Reads the command line. @throws Failure naming what is wrong with it */
export function readArguments(args: string[], commands: Commands): Parsed {
  const at = commandIndex(args);
  const name = at < 0 ? undefined : args[at];
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && !command) {
    throw new Failure(EXIT.usage, `There is no command "${name}".${similar(name, commands)}`, {
      hint: 'See: toolforge-build --help',
    });
  }
  const rest = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 1)];
  const invocation = parseFor(name, command, rest);
  const extra = invocation.positionals[command?.most ?? 0];
  if (extra !== undefined) throw wrongUsage(`Unexpected argument "${extra}"`, name);
  return { ...invocation, name, command };
}
