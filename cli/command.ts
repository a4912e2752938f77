import type { Messages } from '../openapi/generated/types.ts';
import type { Connection } from './connect.ts';
import type { ExitCode } from './failure.ts';
import { asciiJson } from './printable.ts';
import type { Account } from './session/account.ts';
import type { Terminal } from './terminal.ts';

export type Option = {
  type: 'string' | 'boolean';
  /** Short name of the option: one letter, such as v for -v. */
  short?: string;
  /** Whether the option may be given several times. Default false. */
  multiple?: boolean;
  /** Placeholder that the help shows for the option's value. */
  value?: string;
  help: string;
};
export type Options = Record<string, Option>;

export type Values = Record<string, string | boolean | Array<string | boolean> | undefined>;

/** The options and arguments of one call of the program. */
export type Invocation = { values: Values; positionals: string[] };

/** Everything that a command gets from the program. */
export type Context = {
  terminal: Terminal;
  verbose: boolean;
  /** All commands, for the completion scripts. */
  commands: Commands;
  /** Reads the settings and loads the HTTP client. `--help` and `--version` never do this. */
  connect: () => Promise<Connection>;
  /** Opens the user's account at the API. `login` and `logout` use it, because it needs no tool. */
  account: () => Promise<Account>;
  /** Lines that Ctrl-C prints before it ends the program. */
  farewell: string[];
};

export type Run = (context: Context, invocation: Invocation) => Promise<ExitCode>;

export type Command = {
  summary: string;
  /** The command's arguments in the notation of the help, such as [ID]. */
  usage: string;
  /** Largest number of arguments that the command takes. */
  maxArguments: number;
  /** Values that an argument can have, for the completion scripts. */
  choices?: readonly string[];
  options: Options;
  /** A paragraph about the command, for the command's help. */
  details?: string;
  /** Pairs of an example's command line, without the program's name, and what the example does. */
  examples: ReadonlyArray<readonly [string, string]>;
  run: Run;
};

export type Commands = Record<string, Command>;

/** Options of every command. They may stand before or after the command's name. */
export const globalOptions: Options = {
  tool: {
    type: 'string',
    value: 'TOOL',
    help: "The tool to work for (default: TOOLFORGE_TOOL, then the kubeconfig's).",
  },
  'api-url': { type: 'string', value: 'URL', help: 'Address of the API gateway (default: TOOL_TOOLFORGE_API_URL).' },
  verbose: { type: 'boolean', short: 'v', help: 'Print requests, and the time of each log line.' },
  debug: { type: 'boolean', short: 'd', help: 'Like --verbose, and print the causes of errors.' },
  version: { type: 'boolean', help: 'Print the version.' },
  help: { type: 'boolean', short: 'h', help: 'Print help, about a command when one is named.' },
};

/** Returns the value of a string option; undefined when the option was not given. */
export const text = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

/** Tells whether a boolean option was given. */
export const flag = (values: Values, name: string): boolean => values[name] === true;

/** Prints a value as JSON, indented by 4 spaces like the Python client's. */
export const printJson = ({ terminal }: Context, value: unknown): void => terminal.out(asciiJson(value, 4));

/** Prints the API's information, warnings and errors, all to standard error. */
export const printMessages = ({ terminal }: Context, messages: Partial<Messages> | undefined): void => {
  for (const message of messages?.info ?? []) terminal.info(message);
  for (const message of messages?.warning ?? []) terminal.warning(message);
  for (const message of messages?.error ?? []) terminal.error(message);
};
