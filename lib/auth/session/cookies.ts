import type { Purpose } from './sealed.ts';

/** Limit for the value of one cookie, in characters. Browsers refuse a cookie of more than 4,096 bytes with its name. */
const maxCookieLength = 3800;

/** Limit for the number of cookies of one value. */
const maxCookies = 3;

/** Characters of a sealed text: JWE in the compact serialization. */
const sealedText = /^[\w.-]+$/;

/**
 * Facts on which the name of the cookies of a purpose depends. Over plain http, which is only for this machine, browsers
 * accept no name with a prefix.
 */
export type CookieOptions = { purpose: Purpose; isSecure: boolean };

/**
 * Prefixes of the cookies' names by TLS. Security: a browser accepts a cookie whose name begins with `__Host-` only from
 * the very host and for all its paths, so that no other host of the domain can set it. The refresh token's cookie must
 * not be sent to all paths. Another host of the domain gains nothing by setting it, because a refresh token counts only
 * beside the session of the same sign-in.
 */
const prefixes: Readonly<Record<Purpose, string>> = {
  session: '__Host-',
  'sign-in': '__Host-',
  refresh: '__Secure-',
};

const nameOf = ({ purpose, isSecure }: CookieOptions): string =>
  `${isSecure ? prefixes[purpose] : ''}builds-${purpose}`;

/** Returns the names of all cookies that a value of the purpose may take. */
const namesOf = (options: CookieOptions): string[] =>
  Array.from({ length: maxCookies }, (_, at) => nameOf(options) + (at === 0 ? '' : `-${at}`));

/** Returns the values of the cookies with one of the given names, in the order of the names. */
const valuesOf = (header: string, names: readonly string[]): string[][] => {
  const values = names.map((): string[] => []);
  for (const pair of header.split(';')) {
    const separator = pair.indexOf('=');
    const at = names.indexOf(pair.slice(0, Math.max(separator, 0)).trim());
    values[at]?.push(pair.slice(separator + 1).trim());
  }
  return values;
};

/**
 * Returns the sealed text in a request's cookies. Undefined without such a cookie, and for several cookies with the same
 * name: one of them may be another page's.
 * @param header value of the header Cookie
 */
export const readCookie = (header: string | undefined, options: CookieOptions): string | undefined => {
  if (header === undefined) return undefined;
  const values = valuesOf(header, namesOf(options));
  if (values.some(({ length }) => length > 1)) return undefined;
  const text = values.flat().join('');
  return sealedText.test(text) ? text : undefined;
};

/** Tells whether a request has a cookie of the purpose, also one that does not count. */
export const hasCookie = (header: string | undefined, options: CookieOptions): boolean =>
  header !== undefined && valuesOf(header, namesOf(options)).some(({ length }) => length > 0);

/**
 * `Strict`: sent in requests that the service's own pages cause. `Lax`: also when a link or redirect of another site
 * leads to the service.
 */
type SameSite = 'Strict' | 'Lax';

/** `seconds`: time after which the browser forgets the cookie. `path`: path to which and below which it is sent. */
type CookieAttributes = { sameSite: SameSite; seconds: number; path: string };

const cookie = (pair: string, isSecure: boolean, { sameSite, seconds, path }: CookieAttributes): string =>
  [
    pair,
    `Path=${path}`,
    'HttpOnly',
    ...(isSecure ? ['Secure'] : []),
    `SameSite=${sameSite}`,
    `Max-Age=${seconds}`,
  ].join('; ');

/**
 * Limit for the sealed texts of a session together, in characters. Node and other servers refuse requests whose headers
 * are larger than 16 KiB, and a sign-in that has begun takes up to 2,000 characters too.
 */
const maxTotalLength = 12_000;

/** Tells whether the sealed texts of a session fit into cookies. */
export const fitsCookies = (...texts: readonly string[]): boolean =>
  texts.every(({ length }) => length <= maxCookieLength * maxCookies) && texts.join('').length <= maxTotalLength;

/**
 * Returns the values of Set-Cookie that make a browser keep a sealed text, and forget the rest of a longer one. An empty
 * text removes the cookies, if the path is the one with which they were set.
 */
export const writeCookies = (text: string, options: CookieOptions, attributes: CookieAttributes): string[] =>
  namesOf(options).map((name, at) => {
    const part = text.slice(at * maxCookieLength, (at + 1) * maxCookieLength);
    const seconds = part === '' ? 0 : attributes.seconds;
    return cookie(`${name}=${part}`, options.isSecure, { ...attributes, seconds });
  });
