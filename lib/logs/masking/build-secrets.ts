import { membersOf, type Named } from './members.ts';
import { readingsOf } from './readings.ts';
import { isKeyLike } from './rules/judge.ts';
import { isRemark } from './rules/known-as-other.ts';
import { passwordName, secretWord, tokenName } from './rules/names.ts';
import { findByForm } from './secret-finder.ts';

const passwordVariable = new RegExp(`${passwordName}$`, 'i');
const tokenVariable = new RegExp(`(?:${tokenName}|${secretWord})$`, 'i');

/** Says whether a variable's name is one of a password, such as `DB_PASSWORD`. */
export const isNamedLikePassword = (name: string): boolean => passwordVariable.test(name);

/** Says whether a variable's name is one of a token, a key or another generated secret, such as `API_TOKEN`. */
export const isNamedLikeToken = (name: string): boolean => tokenVariable.test(name);

/** Matches text that templates of environments have in the place of a secret, such as `$TOKEN` or `changeme`. */
const placeholder = new RegExp(
  `^(?:${[
    '[$]{1,2}(?:[A-Z_][A-Z0-9_]*|\\{[A-Za-z_]\\w*\\})',
    '%[A-Z_]+%',
    '\\{\\{[^{}]*\\}\\}',
    '<[a-z]+(?:[-_ ][a-z]+)*>',
    '([*xX._?=-])\\1*',
    '[[(]?(?:masked|redacted|hidden|secrets?|filtered|removed|none|not set|sensitive|empty|unset)[\\])]?',
    'null|undefined|false|true|change[-_]?me|example|passwords?|tokens?|string',
    'your[-_][a-z]+(?:[-_][a-z]+)*|my[-_]?(?:password|secret|token|api[-_]?key)',
  ].join('|')})$`,
);

/** Matches the path of a file: `/` and two names or more, or names after `./`, `../` or `~/`. */
const path = /^(?:(?:~|\.{1,2})(?:\/[A-Z]?[a-z0-9_.@-]+)+|(?:\/[A-Z]?[a-z0-9_.@-]+){2,})\/?$/;

/**
 * Says whether the value of a variable that is named like a secret is a secret. Any text can be a password, also text
 * that looks like a version, a package or a file's name, so only placeholders and paths are none.
 */
export const isSecretValue = (value: string): boolean => {
  const text = value.trim();
  return text !== '' && !placeholder.test(text) && !path.test(text);
};

/**
 * Limit for the number of variables whose whole value is a known secret, and for the number of secrets that are parts of
 * other values. More secrets would make the search in a hostile log slow. The API accepts no build with more variables.
 */
const maxValues = 128;

/** Limit for the length of all secrets that are parts of other values, in characters. */
const maxPartsLength = 32_768;

const isSecretVariable = (name: string, value: string): boolean => {
  if (isNamedLikePassword(name)) return isSecretValue(value);
  // A variable such as AUTH may also say whether something is enabled.
  return isNamedLikeToken(name) ? isSecretValue(value) && !isRemark(value) : isKeyLike(value);
};

/** Returns the parts of a text that secret rules mask, such as the password in the URL of a database. */
export const partsByForm = ({ name, text }: Named): string[] =>
  text.split('\n').flatMap((part) => {
    const line = `${name}=${part}`;
    return findByForm(line)
      .map(([from, to]) => line.slice(Math.max(from, name.length + 1), to))
      .filter(Boolean);
  });

/** Limit for the number of texts within the values of a build that are searched. */
const maxTexts = 1024;

/** Limit for the length of all texts that are searched, in characters. A text counts with each of its readings. */
const maxCharacters = 131_072;

/** Returns the first of the parts of other values, up to the limits. */
const firstParts = (parts: ReadonlySet<string>): string[] => {
  let length = 0;
  return [...parts]
    .filter((part) => {
      const fits = length + part.length <= maxPartsLength;
      if (fits) length += part.length;
      return fits;
    })
    .slice(0, maxValues);
};

/** Says whether a reading of a text is a decoded file. The lines of a file are judged one by one: most are no secrets. */
const isFile = (reading: string, text: string): boolean => reading !== text && reading.includes('\n');

const secretsOfReading = (name: string, reading: string, text: string): string[] => {
  const parts = partsByForm({ name, text: reading }).flatMap(readingsOf);
  return isSecretVariable(name, reading) && !isFile(reading, text) ? [reading, ...parts] : parts;
};

/**
 * Returns the secrets that values hold, and are: as programs decode them, members of JSON that are named like a secret,
 * and parts in a known form. A text within a value is searched like a value.
 */
const secretsWithin = (values: readonly Named[]): Set<string> => {
  const queue = [...values];
  const secrets = new Set<string>();
  let characters = 0;
  for (const { name, text } of queue)
    for (const reading of readingsOf(text)) {
      characters += reading.length;
      if (characters > maxCharacters) return secrets;
      for (const secret of secretsOfReading(name, reading, text)) secrets.add(secret);
      queue.push(...membersOf({ name, text: reading }).slice(0, Math.max(0, maxTexts - queue.length)));
    }
  return secrets;
};

/**
 * Returns the secrets among the environment variables of a build: values of variables that are named like a secret, and
 * values that look like one, also where they are encoded or a part of a value. A build's log is masked by these values,
 * because a program may print a value without its name.
 */
export const secretsOfBuild = (envvars: Readonly<Record<string, string>> = {}): string[] => {
  const variables = Object.entries(envvars).map(([name, text]): Named => ({ name, text }));
  const whole = variables.filter(({ name, text }) => isSecretVariable(name, text)).map(({ text }) => text);
  const parts = secretsWithin(variables);
  for (const value of whole) parts.delete(value);
  return [...new Set(whole.slice(0, maxValues)), ...firstParts(parts)];
};
