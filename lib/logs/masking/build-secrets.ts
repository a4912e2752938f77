import { isKeyLike, isPasswordVariable, isVariable } from './rules/judge.ts';
import { passwordName, tokenName } from './rules/names.ts';
import { findByForm } from './secret-finder.ts';

const passwordVariable = new RegExp(`${passwordName}$`, 'i');
const tokenVariable = new RegExp(`${tokenName}$`, 'i');

/**
 * Limit for the number of variables whose whole value is a known secret, and for the number of secrets that are parts of
 * other values. More secrets would make the search in a hostile log slow. The API accepts no build with more variables.
 */
const maxValues = 128;

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
export const secretsOfBuild = (envvars: Readonly<Record<string, string>> = {}): string[] => {
  const variables = Object.entries(envvars);
  const isSecret = ([name, value]: [string, string]): boolean => isSecretVariable(name, value);
  const whole = variables.filter(isSecret).map(([, value]) => value);
  const parts = variables
    .filter((variable) => !isSecret(variable))
    .flatMap(([name, value]) => secretParts(name, value));
  return [...whole.slice(0, maxValues), ...parts.slice(0, maxValues)];
};
