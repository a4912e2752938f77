import { exitCodes, Failure } from './failure.ts';

/** Tells whether a text can be a bearer token: one word of ASCII characters. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/**
 * Returns a bearer token without white space around it.
 * @param source names the token's source at the beginning of a sentence; the token itself is never shown
 * @throws Failure for a text that can't be a token: empty, or with spaces, line breaks, controls or non-ASCII characters
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export const requireToken = (text: string, source: string): string => {
  const token = text.trim();
  if (isToken(token)) return token;
  throw new Failure(exitCodes.usage, `${source} is not a token: a token is one word of ASCII characters.`);
};
