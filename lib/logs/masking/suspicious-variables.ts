import { isNamedLikePassword, isNamedLikeToken, isSecretValue, partsByForm } from './build-secrets.ts';
import { isPasswordText, isTokenText } from './rules/judge.ts';
import { isNumber } from './rules/known-as-other.ts';

/**
 * Matches names that end with `secret`, `secret_key`, `secret_base` or `secret_key_base`, and perhaps a number, such as
 * `SESSION_SECRET_2`. People choose the values of these variables themselves, so such a value is judged like a password.
 */
const secretName = /secret(?:_?(?:key|base|key_base))?(?:_?\d+)?$/i;

/** Matches names of variables that frameworks write into pages for everybody. */
const publicName = /(?:^|_)PUBLIC(?:_|$)/i;

/**
 * Matches values that are no secret although their variable is named like one. Some fill in for a secret that only the
 * running tool needs: `dummy`, `fake-token`, `not a real secret`, `build-only`. Others are a switch or a mode: `on`,
 * `disabled`, `test`.
 */
const standIn =
  /^(?:dummy|fake|unused|insecure|unsafe|nothing|ignored?|irrelevant|disabled?|enabled?|on|off|ci|test(?:ing)?|dev(?:elopment)?|local|(?:not|no)[-_ ](?:a[-_ ])?(?:real[-_ ])?(?:secret|password|token|key)|(?:only[-_ ])?(?:for[-_ ])?(?:the[-_ ])?build(?:[-_ ]?time)?(?:[-_ ]only)?)(?:[-_ ]?(?:value|secret|password|token|key))?$/i;

/** Matches what a shell replaces by the value of a variable, in quotation marks or with a default too. */
const reference = /^(["']?)\$(?:[A-Z_][A-Z0-9_]*|\{[A-Za-z_]\w*(?::?[-?=+][^}]*)?\})\1$/;

/** Name for a value that is judged by its form alone. A name such as `TOKEN` would make a secret of nearly every value. */
const meaninglessName = 'X';

/** Longest number that is a count or a switch, in digits. A longer one can be a password. */
const countDigits = 5;

const isCount = (value: string): boolean => /^\d+$/.test(value) && value.length <= countDigits;

/** Says whether the value of a variable that is named like a secret is one: no stand-in, no count, no other thing. */
const isSecretBesideName = (name: string, text: string): boolean => {
  const value = text.trim();
  if (!isSecretValue(value) || standIn.test(value) || reference.test(value)) return false;
  if (isCount(value) || value === name) return false;
  if (isNamedLikePassword(name) || secretName.test(name)) return isPasswordText(value);
  return isNamedLikeToken(name) && !publicName.test(name) && !isNumber(value) && isTokenText(value);
};

/**
 * Says whether a variable of a build looks like a secret: by its name, or by a value that has the form of one, such as a
 * token with a known beginning or a URL with a password. A mask hides everything that may be a secret. This function is
 * for a warning instead, which people stop to read if it is often wrong: it leaves out values that are more likely none.
 */
export const looksLikeSecret = (name: string, value: string): boolean =>
  isSecretBesideName(name, value) || partsByForm({ name: meaninglessName, text: value }).length > 0;
