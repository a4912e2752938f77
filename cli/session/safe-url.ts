import { exitCodes, Failure } from '../failure.ts';
import { isUnencrypted } from '../unencrypted.ts';

/** Longest URL that browsers and servers take, in characters. */
const maxLength = 8192;

const problemOf = (text: string, issuer: URL): string | undefined => {
  if (text.length > maxLength) return `longer than ${maxLength} characters`;
  // The parser of URLs drops line breaks, tabs and spaces at the ends, so the text is tested first.
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return 'not a URL';
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol)) return 'neither an http nor an https URL';
  if (url.username || url.password) return 'a URL with the name of a user, which can hide the host';
  const isOfIssuer = issuer.protocol === 'http:' && url.origin === issuer.origin;
  return isUnencrypted(url) && !isOfIssuer ? 'an http URL, so it is not encrypted' : undefined;
};

/**
 * Returns the URL that a server named for a sign-in, in its canonical spelling. Security: a browser opens the URL, or
 * tokens are sent there. So it must have the scheme https, or http to this machine, and no user's name. An issuer that
 * has itself an http address may name further addresses of its own origin; `toolforge-build login` then warns.
 * @param what names the URL at the beginning of a sentence, such as "The token_endpoint of https://id.example.org"
 * @throws Failure for any other URL, without quoting it: it may hold control characters, or be very long
 */
export const safeUrl = (text: string, what: string, issuer: URL): string => {
  const problem = problemOf(text, issuer);
  if (problem === undefined) return new URL(text).href;
  throw new Failure(exitCodes.unavailable, `${what} is ${problem}.`, {
    hint: 'The sign-in is broken or dangerous, so it ends here. Tell the administrators of the service.',
  });
};
