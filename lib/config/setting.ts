import { ConfigError } from '../errors.ts';

/** Environment variables, as a process is given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting: an environment variable, what its text must be, and a default in the same notation. */
export type Setting<T> = {
  name: string;
  /** A phrase that follows "must be" in errors, and fills a column of docs/settings.md. */
  expected: string;
  /** Text that is read where the variable is not set. Without a default the variable must be set. */
  default: string | undefined;
  /** An empty text means that the setting has no value. */
  mayBeEmpty: boolean;
  /** Returns undefined for a text that is wrong. */
  parse: (text: string) => T | undefined;
  /** Says what is wrong with a text, where more is known than `expected`. */
  problem?: (text: string) => string | undefined;
};

/** What the text of a setting must be, as a phrase that follows "must be". */
export const expectation = ({ expected, mayBeEmpty }: Pick<Setting<unknown>, 'expected' | 'mayBeEmpty'>): string =>
  mayBeEmpty ? `empty or ${expected}` : expected;

/** Makes a setting that may be left empty. */
export const optional = <T>(setting: Setting<T>): Setting<T | undefined> => ({
  ...setting,
  default: '',
  mayBeEmpty: true,
});

const wrong = (setting: Setting<unknown>, text: string): ConfigError => {
  const problem = setting.problem?.(text);
  const expected = expectation(setting);
  return new ConfigError(setting.name, problem ? `${expected}: ${problem}` : expected);
};

/** Reads and checks one setting. @throws ConfigError that names the setting and what it must be */
export const readSetting = <T>(environment: Environment, setting: Setting<T>): T | undefined => {
  const text = (environment[setting.name] ?? setting.default)?.trim();
  if (text === undefined) throw new ConfigError(setting.name, `set: ${expectation(setting)}`);
  if (text === '' && setting.mayBeEmpty) return undefined;
  const parsed = setting.parse(text);
  if (parsed === undefined) throw wrong(setting, text);
  return parsed;
};
