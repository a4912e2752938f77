import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';

/** One setting: an environment variable, what it must be, and its default in the same notation. */
export type Setting<T> = {
  name: string;
  /** For the error and the documentation: "must be …". */
  expected: string;
  default: string | undefined;
  /** undefined when the text is wrong. */
  parse: (text: string) => T | undefined;
  /** What is wrong with a text, where more can be said than what it must be. */
  problem?: (text: string) => string | undefined;
};

type Range = { min: number; max: number };

export const text = (name: string, expected: string, pattern: RegExp, fallback?: string): Setting<string> => ({
  name,
  expected,
  default: fallback,
  parse: (value) => (pattern.test(value) ? value : undefined),
});

export const integer = (name: string, { min, max }: Range, fallback?: number): Setting<number> => ({
  name,
  expected: `a whole number from ${min} to ${max}`,
  default: fallback?.toString(),
  parse: (value) => {
    const number = Number(value);
    return /^-?[0-9]+$/.test(value) && number >= min && number <= max ? number : undefined;
  },
});

export const flag = (name: string, fallback: boolean): Setting<boolean> => ({
  name,
  expected: 'true or false',
  default: String(fallback),
  parse: (value) => ({ true: true, false: false })[value],
});

const httpUrl = (value: string): string | undefined => {
  const url = URL.parse(value);
  const fine = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash;
  return fine ? value.replace(/\/$/, '') : undefined;
};

export const url = (name: string, fallback?: string): Setting<string> => ({
  name,
  expected: 'an http or https URL without credentials',
  default: fallback,
  parse: httpUrl,
});

/** May be left empty. */
export const optional = <T>(setting: Setting<T>): Setting<T | undefined> => ({
  ...setting,
  expected: `empty or ${setting.expected}`,
  default: '',
  parse: (value) => (value === '' ? undefined : setting.parse(value)),
});

export const list = (name: string, expected: string, pattern: RegExp, fallback: string): Setting<string[]> => ({
  name,
  expected,
  default: fallback,
  parse: (value) => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    return items.every((item) => pattern.test(item)) ? items : undefined;
  },
});

const isCidr = (value: string): boolean => {
  const [address = '', bits = '', ...more] = value.split('/');
  const family = isIP(address);
  return more.length === 0 && family !== 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
};

export const cidrs = (name: string): Setting<string[]> => ({
  name,
  expected: 'a comma-separated list of address ranges such as 10.0.0.0/8',
  default: '',
  parse: (value) => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    return items.every(isCidr) ? items : undefined;
  },
});

/** A secret's file, read at start: a value in the environment would show in every dump of it. */
export const secretFile = (name: string): Setting<string | undefined> => ({
  name,
  expected: 'empty or the path of a readable file that is not empty',
  default: '',
  parse: (path) => (path === '' ? undefined : readSecret(path)),
});

const readSecret = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};

const parsedJson = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

/** `docker login` writes nothing but `auth`: base64 of the name, a colon and the password. */
const passwordIn = (auth: unknown): string[] => {
  const [, password] =
    typeof auth === 'string' ? (/^[^:]*:(.+)$/s.exec(Buffer.from(auth, 'base64').toString()) ?? []) : [];
  return password === undefined ? [] : [password];
};

/** The passwords in a docker config; undefined where it is none. */
const dockerPasswords = (content: string): string[] | undefined => {
  try {
    const { auths } = JSON.parse(content) as { auths?: Record<string, Record<string, unknown>> };
    const values = Object.values(auths ?? {}).flatMap(({ username: _, email: __, ...secret }) => [
      ...Object.values(secret).filter((value) => typeof value === 'string'),
      ...passwordIn(secret.auth),
    ]);
    return auths && [...new Set(values)];
  } catch {
    return undefined;
  }
};

/** Kubernetes keeps a mounted Secret's files behind links below names that begin with two dots. */
const readSecrets = (folder: string): string[] | undefined => {
  try {
    const names = readdirSync(folder).filter((name) => !name.startsWith('..'));
    const contents = names.map((name) => readFileSync(join(folder, name), 'utf8').trim());
    return contents.flatMap((content) => dockerPasswords(content) ?? content).filter(Boolean);
  } catch {
    return undefined;
  }
};

/** Every file in a folder is a secret, or a docker config with some. */
export const secretFolder = (name: string): Setting<string[] | undefined> => ({
  name,
  expected: 'empty or the path of a readable folder of readable files',
  default: '',
  parse: (folder) => (folder === '' ? undefined : readSecrets(folder)),
});

/** @param problem what is wrong with a value that does not pass the check */
export const json = <T>(
  name: string,
  expected: string,
  check: (value: unknown) => value is T,
  fallback: string,
  problem?: (value: unknown) => string | undefined,
): Setting<T> => ({
  name,
  expected,
  default: fallback,
  parse: (value) => {
    const parsed = parsedJson(value);
    return check(parsed) ? parsed : undefined;
  },
  problem: (value) => problem?.(parsedJson(value)),
});

/** @throws ConfigError naming the setting and what it should be */
export const readSetting = <T>(environment: Readonly<Record<string, string | undefined>>, setting: Setting<T>): T => {
  const value = environment[setting.name] ?? setting.default;
  if (value === undefined) throw new ConfigError(setting.name, `set: ${setting.expected}`);
  const parsed = setting.parse(value.trim());
  const emptyIsFine = setting.expected.startsWith('empty or') && value.trim() === '';
  if (parsed === undefined && !emptyIsFine) {
    const problem = setting.problem?.(value.trim());
    throw new ConfigError(setting.name, problem ? `${setting.expected}: ${problem}` : setting.expected);
  }
  return parsed as T;
};
