import type { Span } from './invisible.ts';

/** A dash of a PEM marker: as it is, encoded for a URL once or twice, or escaped in JSON. */
const dash = '(?:-|%2[dD]|%252[dD]|\\\\u002[dD])';
/** A space in a PEM marker: as it is, encoded for a URL once or twice, or escaped in JSON. */
const space = '(?: |\\+|%20|%2520|\\\\u0020)';
/** A colon in the file of a PuTTY key: as it is, or encoded for a URL once or twice. */
const colon = '(?::|%3[aA]|%253[aA])';
/** Signs around the name of an XML element: as they are, or escaped in XML, JSON or a URL. */
const less = '(?:<|&lt;|\\\\u003[cC]|%3[cC])';
const greater = '(?:>|&gt;|\\\\u003[eE]|%3[eE])';

/**
 * Returns the pattern of a PEM marker, also in the form of SSH2 (`---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----`). The
 * spaces may be missing where a line was folded. All repetitions are bounded, so that a search takes linear time.
 */
const pemMarker = (word: string): string =>
  `${dash}{4,5}${space}?${word}${space}?(?:(?:[A-Z0-9]|${space}){0,40}?PRIVATE${space}?KEY(?:${space}?BLOCK)?|OpenVPN${space}?Static${space}?key${space}?V1)${space}?${dash}{0,5}`;

/**
 * Places where a private key begins: a PEM marker, the private part of a PuTTY key file, an RSA or DSA key in XML. A
 * public key in XML begins in the same way, and is masked as well.
 */
const begin = new RegExp(`${pemMarker('BEGIN')}|Private-Lines${colon}|${less}[DR]SAKeyValue`, 'g');

const end = new RegExp(
  `${pemMarker('END')}|Private-MAC${colon}${space}{0,4}[0-9a-fA-F]{0,128}|${less}\\\\{0,4}(?:/|%2[fF])[DR]SAKeyValue${greater}?`,
  'g',
);

/** Length of the longest marker of a private key, in characters. */
export const maxMarkerLength = 192;

/** Source of a regular expression that matches in every text with the beginning of a private key. */
export const beginKeyword = 'BEGIN|Private-Lines|SAKeyValue';

/** Finds the first match of a pattern that ends after a position. */
const findAfter = (pattern: RegExp, text: string, from: number): Span | undefined => {
  pattern.lastIndex = Math.max(0, from - maxMarkerLength);
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    if (pattern.lastIndex > from) return [found.index, pattern.lastIndex];
  }
  return undefined;
};

/** Finds the next beginning of a private key that ends after a position. */
export const findKeyBegin = (text: string, from: number): Span | undefined => findAfter(begin, text, from);

/** Finds the next end of a private key that ends after a position. */
export const findKeyEnd = (text: string, from: number): Span | undefined => findAfter(end, text, from);

const isMarkerCharacter = (code: number): boolean =>
  code === 0x2d ||
  code === 0x20 ||
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a);

/** Limit of the text of an unfinished marker, in characters. No marker that may be folded is longer. */
const maxUnfinished = 80;

const unfinished = /(?<![-A-Za-z0-9])(-+) ?([A-Za-z0-9 ]*)$/;

const isBeginningOf = (whole: string, text: string): boolean =>
  text.length < whole.length ? whole.startsWith(text) : text.startsWith(whole);

/**
 * Returns the unfinished PEM marker with which a text ends; '' without one. A key that is folded at a narrow width has
 * its markers on several lines.
 */
export const unfinishedMarker = (text: string): string => {
  let from = text.length;
  while (from > 0 && text.length - from < maxUnfinished && isMarkerCharacter(text.charCodeAt(from - 1))) from -= 1;
  if (text.indexOf('-', from) < 0) return '';
  const found = unfinished.exec(text.slice(from));
  const rest = found?.[2] ?? '';
  if (!found || !(isBeginningOf('BEGIN', rest) || isBeginningOf('END', rest))) return '';
  return found[0].slice(Math.max(0, (found[1]?.length ?? 0) - 5));
};
