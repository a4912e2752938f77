import type { ResponseMessages } from '../openapi/generated/types.ts';
import type { Connection } from './connect.ts';
import type { ExitCode, Failure } from './failure.ts';
import { asciiJson } from './printable.ts';
import type { Account } from './session/account.ts';
import type { Terminal } from './terminal.ts';

/**
 * Values that a completion script requests from the API: the tool's builds, those builds that have not ended, and the
 * tools that the user may act for.
 */
export type Completed = 'builds' | 'unfinished' | 'tools';

export type Option = {
  type: 'string' | 'boolean';
  /** One-letter name of a command-line option, such as v for -v. */
  short?: string;
  /** Whether a command-line option may be given several times. Default: false. */
  multiple?: boolean;
  /** Values that a command-line option usually has, which the completion scripts offer. Other values are accepted too. */
  choices?: readonly string[];
  /** Kind of the values of a command-line option that the completion scripts request from the API. */
  completes?: Completed;
  /** Placeholder that the help shows for the value of a command-line option, such as URL in `--api-url URL`. */
  value?: string;
  help: string;
};
export type Options = Record<string, Option>;

export type Values = Record<string, string | boolean | Array<string | boolean> | undefined>;

/** The options and arguments that the user gave to a `toolforge-build` command. */
export type Invocation = { values: Values; positionals: string[] };

/** The objects that a `toolforge-build` command works with: the terminal, and access to the API. */
export type Context = {
  terminal: Terminal;
  verbose: boolean;
  /** All commands of `toolforge-build`, which the completion scripts list. */
  commands: Commands;
  /**
   * Reads the settings, and returns a client of the API. `--help` and `--version` do not call this function, so they
   * need no settings and start fast.
   */
  connect: () => Promise<Connection>;
  /** Opens the user's account at the API, for commands that need no tool, such as `login` and `logout`. */
  account: () => Promise<Account>;
  /** Lines that are printed when the user ends a `toolforge-build` command by Ctrl-C. */
  farewell: string[];
};

export type Run = (context: Context, invocation: Invocation) => Promise<ExitCode>;

export type Command = {
  summary: string;
  /** The arguments of a command, as its help shows them, such as [ID]. */
  usage: string;
  /** Largest number of arguments that a command takes. Options do not count. */
  maxArguments: number;
  /**
   * Values that the argument of a command can have, such as bash and zsh. The completion scripts offer these values.
   */
  choices?: readonly string[];
  /** Kind of the arguments of a command that the completion scripts request from the API. */
  completes?: Completed;
  options: Options;
  /** Whether help, suggestions and completion scripts leave a command out. Default: false. */
  hidden?: boolean;
  /** A paragraph that the help of a command shows below the command's summary. */
  details?: string;
  /**
   * Examples in the help of a command: pairs of a command line, without `toolforge-build`, and what the command line
   * does.
   */
  examples: ReadonlyArray<readonly [string, string]>;
  run: Run;
};

export type Commands = Record<string, Command>;

/** Returns the commands that users type, by name. Commands for programs only are left out. */
export const shownCommands = (commands: Commands): Commands =>
  Object.fromEntries(Object.entries(commands).filter(([, { hidden }]) => !hidden));

/** Options that every `toolforge-build` command takes, before or after the command's name. */
export const globalOptions: Options = {
  tool: {
    type: 'string',
    value: 'TOOL',
    completes: 'tools',
    help: "The tool to work for (default: TOOLFORGE_TOOL, then the kubeconfig's).",
  },
  'api-url': { type: 'string', value: 'URL', help: 'Address of the API gateway (default: TOOL_TOOLFORGE_API_URL).' },
  verbose: { type: 'boolean', short: 'v', help: 'Print requests, and the time of each log line.' },
  debug: { type: 'boolean', short: 'd', help: 'Like --verbose, and print the causes of errors.' },
  version: { type: 'boolean', help: 'Print the version.' },
  help: { type: 'boolean', short: 'h', help: 'Print help, about a command when one is named.' },
};

/** Returns options as the user types them: --ref, and -i for one letter. */
export const flagsOf = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, { short }]) => (short ? [`--${name}`, `-${short}`] : [`--${name}`]));

/** Returns the value of a command-line option that takes text; undefined when the user did not give the option. */
export const text = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

/** Tells whether the user gave a command-line option that takes no value, such as --json. */
export const flag = (values: Values, name: string): boolean => values[name] === true;

/** Prints a value as JSON, indented by 4 spaces like the JSON of Toolforge's Python client. */
export const printJson = ({ terminal }: Context, value: unknown): void => terminal.out(asciiJson(value, 4));

/** Prints the hint of a failure, if the failure has one, to standard error. */
export const printHint = ({ info }: Terminal, { hint }: Failure): void => {
  for (const line of hint?.split('\n') ?? []) info(line);
};

/** Prints the messages in a response of the API (information, warnings and errors) to standard error. */
export const printMessages = ({ terminal }: Context, messages: Partial<ResponseMessages> | undefined): void => {
  for (const message of messages?.info ?? []) terminal.info(message);
  for (const message of messages?.warning ?? []) terminal.warning(message);
  for (const message of messages?.error ?? []) terminal.error(message);
};
