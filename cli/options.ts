import type { Run } from './context.ts';

export type Option = {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What help calls the value. */
  value?: string;
  help: string;
};
export type Options = Record<string, Option>;

export type Command = {
  summary: string;
  /** Arguments, as help writes them. */
  usage: string;
  /** How many arguments it takes at most. */
  most: number;
  /** The arguments' possible values, for completion. */
  choices?: readonly string[];
  options: Options;
  /** A paragraph for its help. */
  details?: string;
  /** What to type, and what it does. */
  examples: ReadonlyArray<readonly [string, string]>;
  run: Run;
};

export type Commands = Record<string, Command>;

/** Options of every command; they may stand before it, too. */
export const GLOBAL_OPTIONS: Options = {
  tool: { type: 'string', value: 'TOOL', help: "The tool to work for (else TOOLFORGE_TOOL, else the kubeconfig's)." },
  'api-url': { type: 'string', value: 'URL', help: 'Address of the API gateway (else TOOL_TOOLFORGE_API_URL).' },
  verbose: { type: 'boolean', short: 'v', help: 'Say more: requests, and the time of each log line.' },
  debug: { type: 'boolean', short: 'd', help: 'As --verbose, and the causes of errors.' },
  version: { type: 'boolean', help: 'Print the version.' },
  help: { type: 'boolean', short: 'h', help: 'Print help; of a command when one is named.' },
};
