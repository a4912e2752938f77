import type { Messages } from '../openapi/generated/types.ts';
import type { Api } from './api.ts';
import type { ExitCode } from './failure.ts';
import type { LogOptions } from './log-stream.ts';
import { asciiJson } from './plain.ts';
import type { Account } from './session/account.ts';
import type { Terminal } from './terminal.ts';

export type Values = Record<string, string | boolean | Array<string | boolean> | undefined>;
/** A command's options and arguments. */
export type Invocation = { values: Values; positionals: string[] };

/** What a command works with. */
export type Context = {
  terminal: Terminal;
  verbose: boolean;
  /** Connects; the first thing that reads files or loads the HTTP client. */
  connect: () => Promise<{ api: Api; log: LogOptions }>;
  /** For what concerns no tool: signing in and out. */
  account: () => Promise<Account>;
  /** What Ctrl-C says before it ends the program. */
  farewell: string[];
};

export type Run = (context: Context, invocation: Invocation) => Promise<ExitCode>;

export const text = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

export const flag = (values: Values, name: string): boolean => values[name] === true;

export const printJson = ({ terminal }: Context, value: unknown): void => terminal.out(asciiJson(value, 4));

/** Hands the API's messages on: information, warnings and errors, all to standard error. */
export function tellMessages({ terminal }: Context, messages: Partial<Messages> | undefined): void {
  for (const message of messages?.info ?? []) terminal.info(message);
  for (const message of messages?.warning ?? []) terminal.warning(message);
  for (const message of messages?.error ?? []) terminal.error(message);
}
