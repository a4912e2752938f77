import { isKeyLike, isPasswordVariable, isVariable } from './rules/judge.ts';
import { passwordName, tokenName } from './rules/names.ts';
import { findByForm } from './secret-finder.ts';

const passwordVariable = new RegExp(`${passwordName}$`, 'i');
const tokenVariable = new RegExp(`${tokenName}$`, 'i');

/** Limit for the number of known secrets of one build. More secrets would make the search in a hostile log slow. */
const maxValues = 100;

const isSecretVariable = (name: string, value: string): boolean => {
  if (passwordVariable.test(name)) return isPasswordVariable(value);
  return tokenVariable.test(name) ? isVariable(value) : isKeyLike(value);
};

/** Returns the parts of a variable's value that secret rules mask, such as the password in the URL of a database. */
const secretParts = (name: string, value: string): string[] => {
  const line = `${name}=${value}`;
  return findByForm(line)
    .map(([from, to]) => line.slice(Math.max(from, name.length + 1), to))
    .filter(Boolean);
};

/**
 * Returns the secrets among the environment variables of a build: values of variables that are named like a secret, and
 * values that look like one. A build's log is masked by these values, because a program may print a value without its
 * name.
 */
export const secretsOfBuild = (envvars: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(envvars)
    .flatMap(([name, value]) => (isSecretVariable(name, value) ? [value] : secretParts(name, value)))
    .slice(0, maxValues);
