import { ConfigError } from '../errors.ts';
import { type Log, noLog } from '../log.ts';

/** Environment variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * JSON Schema of a setting's value where the value is not a text, but data: numbers, booleans and lists have their own
 * types. The values of the Helm chart are data. `expected` is a keyword of our own: the phrase that says what the texts
 * at its place must be, where the setting's phrase does not. `format` is date or network.
 */
export type ValueSchema = Readonly<Record<string, unknown>> & { readonly type: string | readonly string[] };

/** Describes one setting: its environment variable, the form of its text, and its default. */
export type Setting<T> = {
  name: string;
  /**
   * Phrase that says what the setting's text must be, such as "true or false". Follows "must be" in errors, and fills a
   * column of docs/settings.md.
   */
  expected: string;
  /** Text that is used when the setting's environment variable is not set. A setting without a default must be set. */
  default: string | undefined;
  /** Whether the setting's text may be empty. An empty text gives the setting no value. */
  mayBeEmpty: boolean;
  schema: ValueSchema;
  /**
   * Parses the text of the setting. Returns undefined for a wrong text. The log receives a line when a file that the
   * setting names can't be read again later.
   */
  parse: (text: string, log: Log) => T | undefined;
  /** Describes what is wrong with a text that `parse` refuses, for settings whose `expected` does not say enough. */
  problem?: (text: string) => string | undefined;
};

/** Returns the phrase that says what a setting must be, such as "empty or the name of a bucket". */
export const expectation = ({ expected, mayBeEmpty }: Pick<Setting<unknown>, 'expected' | 'mayBeEmpty'>): string =>
  mayBeEmpty ? `empty or ${expected}` : expected;

/** Returns the schema of an optional value: the value may also be null or an empty text. */
const optionalSchema = ({ type, pattern, ...others }: ValueSchema): ValueSchema => ({
  ...others,
  type: [type, 'null'].flat(),
  ...(pattern === undefined ? {} : { pattern: `^$|${pattern}` }),
});

/** Returns a copy of a setting that accepts an empty text too, and is empty by default. */
export const optional = <T>(setting: Setting<T>): Setting<T | undefined> => ({
  ...setting,
  schema: optionalSchema(setting.schema),
  default: '',
  mayBeEmpty: true,
});

const wrong = (setting: Setting<unknown>, text: string): ConfigError => {
  const problem = setting.problem?.(text);
  const expected = expectation(setting);
  return new ConfigError(setting.name, problem ? `${expected}: ${problem}` : expected);
};

/** Reads and checks one setting. @throws ConfigError that names the setting and says what it must be */
export const readSetting = <T>(environment: Environment, setting: Setting<T>, log: Log = noLog): T | undefined => {
  const text = (environment[setting.name] ?? setting.default)?.trim();
  if (text === undefined) throw new ConfigError(setting.name, `set: ${expectation(setting)}`);
  if (text === '' && setting.mayBeEmpty) return undefined;
  const parsed = setting.parse(text, log);
  if (parsed === undefined) throw wrong(setting, text);
  return parsed;
};
