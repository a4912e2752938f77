import { hexSample, type SecretRule, wordStart } from './secret-rule.ts';

/** Example of a token and of a text that looks similar: the token's beginning, and the rest. */
type Example = [beginning: string, rest: string, left: string];

/** Makes a rule for a token whose form the vendor documents: a fixed prefix, then a number of characters of one set. */
export const token = (
  name: string,
  keywords: string[],
  form: string,
  [beginning, rest, left]: Example,
): SecretRule => ({
  name,
  keywords,
  pattern: new RegExp(wordStart + form, 'gd'),
  masked: [`value ‹${beginning}${rest}› end`],
  left: [left],
});

/** Source of a regular expression for a UUID. */
export const uuid = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';

/** A UUID for examples. */
export const uuidSample = `${hexSample(8)}-0a1b-2c3d-4e5f-${hexSample(12)}`;
