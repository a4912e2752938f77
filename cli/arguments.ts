import { parseArgs } from 'node:util';
import {
  type Command,
  type Commands,
  flagsOf,
  globalOptions,
  type Invocation,
  type Option,
  type Options,
  shownCommands,
} from './command.ts';
import { exitCodes, Failure } from './failure.ts';
import { similarTo } from './similar.ts';

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

type OptionToken = { name: string; rawName: string; value: string | undefined; inlineValue: boolean | undefined };

const wrongUsage = (sentence: string, name: string | undefined): Failure =>
  new Failure(exitCodes.usage, sentence, { hint: `See: toolforge-build ${name ? `${name} ` : ''}--help` });

/** Returns the options that are similar to a mistyped option. One letter is similar only to itself in the other case. */
const similarOptions = (option: string, options: Options): string[] => {
  const letter = /^-[^-]$/.test(option);
  if (letter) return flagsOf(options).filter((known) => known.toLowerCase() === option.toLowerCase());
  return similarTo(option.replace(/^-+/, ''), Object.keys(options)).map((name) => `--${name}`);
};

const commandsWith = (option: string, commands: Commands): string[] =>
  Object.entries(shownCommands(commands)).flatMap(([name, { options }]) =>
    flagsOf(options).includes(option) ? [name] : [],
  );

/**
 * Returns the sentence about an option that the command does not have, with the commands that have the option, or with
 * similar options.
 * @param typed the word of the command line. Node takes the word -ref for the options -r, -e and -f
 */
const unknownOption = (option: string, typed: string, options: Options, commands: Commands): string => {
  const others = commandsWith(option, commands);
  if (others.length > 0) return `Unknown option ${option}, which belongs to ${others.join(', ')}.`;
  const word = typed.replace(/=.*/s, '');
  const whole = similarOptions(word, options);
  const [named, similar] = whole.length > 0 ? [word, whole] : [option, similarOptions(option, options)];
  if (similar.length === 0) return `Unknown option ${option}.`;
  return `Unknown option ${named}: did you mean ${similar.join(' or ')}?`;
};

/** Returns what is wrong with the value of an option; undefined if nothing is. */
const wrongValue = ({ rawName, value, inlineValue }: OptionToken, { type, value: placeholder }: Option) => {
  if (type === 'boolean') return inlineValue ? `${rawName} takes no value.` : undefined;
  const example = `${rawName} ${placeholder ?? 'VALUE'}`;
  if (value === undefined) return `${rawName} needs a value: ${example}`;
  const looksLikeOption = !inlineValue && value.length > 1 && value.startsWith('-');
  const joined = rawName.startsWith('--') ? `${rawName}=${value}` : `${rawName}${value}`;
  return looksLikeOption
    ? `${rawName} needs a value before ${value}. If this is the value, write ${joined}`
    : undefined;
};

/** Returns what is wrong with the first option that the command does not accept; undefined if nothing is. */
const wrongOption = (args: string[], options: Options, commands: Commands): string | undefined => {
  const parsed = parseArgs({ args, options: forParser(options), strict: false, allowPositionals: true, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const sentence = option
      ? wrongValue(token, option)
      : unknownOption(token.rawName, args[token.index] ?? '', options, commands);
    if (sentence !== undefined) return sentence;
  }
  return undefined;
};

/**
 * Returns "Did you mean …?" for a mistyped command, with the commands that are similar to the mistyped name, or that
 * the mistyped name begins with. Returns an empty text when no command is similar.
 */
const suggestion = (name: string, commands: Commands): string => {
  const known = Object.keys(shownCommands(commands));
  const close = [...new Set([...similarTo(name, known), ...known.filter((one) => name.startsWith(one))])];
  return close.length > 0 ? ` Did you mean ${close.join(' or ')}?` : '';
};

/**
 * Returns the failure for a first word that is no command.
 * @param before the options before the word. The word may be the value of an option that belongs behind the command
 */
const unknownCommand = (name: string, before: string[], commands: Commands): Failure =>
  wrongUsage(
    wrongOption(before, globalOptions, commands) ?? `There is no command "${name}".${suggestion(name, commands)}`,
    undefined,
  );

const parseFor = (name: string | undefined, args: string[], commands: Commands): Invocation => {
  const command = name === undefined ? undefined : commands[name];
  const options = { ...globalOptions, ...command?.options };
  const wrong = wrongOption(args, options, commands);
  if (wrong !== undefined) throw wrongUsage(wrong, name);
  const { values, positionals } = parseArgs({ args, options: forParser(options), allowPositionals: true });
  return { values: values as Invocation['values'], positionals };
};

/**
 * Parses the command-line arguments of `toolforge-build`.
 * @throws Failure that names an unknown command, an unknown option, or an argument too many
 */
export const readArguments = (args: string[], commands: Commands): Parsed => {
  const index = commandIndex(args);
  const name = index < 0 ? undefined : args[index];
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && !command) throw unknownCommand(name, args.slice(0, index), commands);
  const others = index < 0 ? args : args.toSpliced(index, 1);
  const invocation = parseFor(name, others, commands);
  const extra = invocation.positionals[command?.maxArguments ?? 0];
  if (extra !== undefined) throw wrongUsage(`Unexpected argument "${extra}".`, name);
  return { ...invocation, name, command };
};
