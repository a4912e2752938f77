import type { Span } from './invisible.ts';
import { logPrefixLength } from './line-tracker.ts';

/** Characters of base64, and the characters with which a URL or a string of a program escapes them. */
const isBodyCharacter = (code: number): boolean =>
  (code >= 0x2f && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2b ||
  code === 0x3d ||
  code === 0x25 ||
  code === 0x5c;

const run = /[A-Za-z0-9+/=%\\]{6,}/g;

/** Words, names in camel case with a number, numbers, and hexadecimal digests in lower case. */
const ordinary = /^(?:[A-Z]?[a-z]*(?:[A-Z][a-z]{2,})*\d{0,4}|[A-Z]+\d{0,4}|\d+|[0-9a-f]+)$/;

/**
 * Says whether a text may be words, a path, a number or a digest, such as other programs print among the lines of a key.
 * Six random characters of base64 rarely are, and longer ones hardly ever.
 */
const isOrdinary = (text: string): boolean => text.split(/[/\\%+=]/).every((part) => ordinary.test(part));

const decoration = new Set([...' \t"\'`,;|(){}[]<>*:\u240d']);
/** Start of a comment after other text. */
const comment = /\s(?:#|\/\/|\/\*|--|;)/;
/** Text that ends the prefix of a line: a name with a colon, a bar, an arrow, something in brackets. */
const prefixEnd = /[:|>\])]$/;
/** A number, a time, a duration or only punctuation: what logging programs put before each line. */
const numeric = /^\W*(?:\d[\d:.,TZ+-]*(?:ms|s)?)?\W*$/;

/**
 * Returns the length of the prefix that programs put before each line, such as blanks, `#12 0.345 `, `> `, `[stdout] ` or
 * a time. The last word of a line never belongs to the prefix.
 */
export const prefixLength = (text: string): number => {
  const words = [...text.slice(0, 256).matchAll(/\S+/g)].slice(0, 9);
  let length = words[0]?.index ?? 0;
  let isNumeric = true;
  for (const [at, next] of words.slice(1).entries()) {
    const word = words[at]?.[0] ?? '';
    isNumeric &&= numeric.test(word);
    if (isNumeric || prefixEnd.test(word)) length = next.index;
  }
  return length;
};

const trimStart = (text: string, from: number, to: number): number => {
  let at = from;
  while (at < to && decoration.has(text.charAt(at))) at += 1;
  return at;
};

/** Returns where a text ends without quotes, commas, and operators that join strings. */
const trimEnd = (text: string, from: number, to: number): number => {
  let at = to;
  for (;;) {
    const isOperator = '+\\.'.includes(text.charAt(at - 1)) && decoration.has(text.charAt(at - 2));
    if (at <= from || !(decoration.has(text.charAt(at - 1)) || isOperator)) return at;
    at -= 1;
  }
};

/** Limit of a line that is searched for a single word, in characters. In a longer line every long run is searched. */
const maxAloneLength = 16_384;

/** Finds the only word of a line, without its prefix, its quotes and a comment, if the word can be base64. */
const findAlone = (text: string): Span | undefined => {
  if (text.length > maxAloneLength) return undefined;
  const start = prefixLength(text);
  const commentAt = text.slice(start).search(comment);
  const end = commentAt < 0 ? text.length : start + commentAt;
  const from = trimStart(text, start, end);
  const to = trimEnd(text, from, end);
  for (let at = from; at < to; at += 1) if (!isBodyCharacter(text.charCodeAt(at))) return undefined;
  return to > from ? [from, to] : undefined;
};

const hexadecimal = /[0-9a-f]{16}/;

/**
 * Finds parts of a line in order: the only word of the line, and the runs of base64 outside of that word, in the line's
 * prefix too, because a word such as `key` in `echo BODY >> key` is not the key's body.
 * @param isWordMasked whether the only word of the line is one of the parts
 * @param isRunMasked whether a run of six characters or more is one of the parts
 */
const findBodyParts = (
  text: string,
  isWordMasked: (word: string) => boolean,
  isRunMasked: (run: string) => boolean,
): Span[] => {
  const alone = findAlone(text);
  const runs = [...text.matchAll(run)]
    .filter(([found]) => isRunMasked(found))
    .map(({ 0: found, index }): Span => [index, index + found.length])
    .filter(([from, to]) => !alone || to <= alone[0] || from >= alone[1]);
  return alone && isWordMasked(text.slice(...alone)) ? [...runs, alone].sort(([a], [b]) => a - b) : runs;
};

/**
 * Finds the parts of a line that can belong to a private key's body, if the line stands within a key: the only word of
 * the line, however short, and every run of base64 of six characters or more that is no ordinary word or path.
 * @param isHexadecimal whether the key's body is hexadecimal, so that it looks like a digest
 */
export const findKeyBody = (text: string, isHexadecimal: boolean): Span[] =>
  findBodyParts(
    text,
    () => true,
    (found) => !isOrdinary(found) || (isHexadecimal && hexadecimal.test(found)),
  );

/** Length from which the only word of a line counts as a key's body by its form alone, in characters. */
const minBodyLength = 12;
/** Length from which a word among other words counts as a key's body by its form alone, in characters. */
const minRunLength = 32;

/** Says whether a text has letters of base64 in both cases and a digit, and is no ordinary word or path. */
const looksRandom = (text: string): boolean =>
  /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text) && !isOrdinary(text);

/** Matches the name of a value, such as `public key: `, but not the name of a stream or a level in brackets. */
const nameBefore = /(?:^|[^[])\b[A-Za-z]/;

/**
 * Finds a line of a private key whose beginning is unknown, because reading began in the middle of a log: the line's
 * only word, which has the form of a key's body.
 */
export const findBodyWithoutBegin = (text: string): Span | undefined => {
  if (text.length < minBodyLength) return undefined;
  const alone = findAlone(text);
  if (!alone || alone[1] - alone[0] < minBodyLength || nameBefore.test(text.slice(logPrefixLength(text), alone[0])))
    return undefined;
  return looksRandom(text.slice(...alone)) ? alone : undefined;
};

/**
 * Finds the parts of a line that can belong to a private key whose beginning is unknown. Less is masked than within a
 * key that has begun, because the line before may only have looked like a key: the only word of the line unless it is an
 * ordinary word or has only letters, and long runs of base64.
 */
export const findUncertainBody = (text: string): Span[] =>
  findBodyParts(
    text,
    (word) => !isOrdinary(word) && /[\d+=]/.test(word),
    (found) => found.length >= minRunLength && looksRandom(found),
  );

/** Widths at which programs fold the base64 of keys, in characters: PEM, OpenSSH, MIME. */
const foldedWidths: readonly number[] = [64, 70, 76];
const shortestFold = 64;
const longestFold = 76;

/** Matches the text before a folded line: blanks, quotation marks, the sign of a diff or a quotation. */
const beforeFold = /^[\s"'`>|+-]*$/;

/** Says for every ASCII code whether it is a character of base64. */
const base64Codes = Uint8Array.from({ length: 128 }, (_, code) =>
  isBodyCharacter(code) && code !== 0x5c && code !== 0x25 ? 1 : 0,
);

const isClosing = (code: number): boolean => code === 0x22 || code === 0x27 || code === 0x2c || code === 0x20;

const isBase64At = (text: string, at: number): boolean => base64Codes[text.charCodeAt(at)] === 1;

/** Says cheaply whether no fold can end at a position, because base64 stands before the beginning of each width. */
const isTooWide = (text: string, to: number): boolean =>
  to > longestFold && isBase64At(text, to - 65) && isBase64At(text, to - 71) && isBase64At(text, to - 77);

/** Counts the characters of base64 before a position, up to one more than the longest fold. */
const countBase64 = (text: string, to: number): number => {
  const least = Math.max(0, to - longestFold - 1);
  let at = to;
  while (at > least && isBase64At(text, at - 1)) at -= 1;
  return to - at;
};

/**
 * Finds a whole line of folded base64 by its width: the only word of the line, with letters of both cases and digits.
 * The last word of most lines is shorter, so that they are refused early.
 */
export const findFoldedBody = (text: string): Span | undefined => {
  if (text.length < shortestFold) return undefined;
  let to = text.length;
  while (text.length - to < 4 && isClosing(text.charCodeAt(to - 1))) to -= 1;
  const width = isTooWide(text, to) ? 0 : countBase64(text, to);
  if (width < shortestFold || !foldedWidths.includes(width)) return undefined;
  const from = to - width;
  if (!beforeFold.test(text.slice(logPrefixLength(text), from)) || !looksRandom(text.slice(from, to))) return undefined;
  return [from, to];
};

/** Says whether a line can stand within text between markers: it is empty, a header, or its only word is base64. */
export const isBlockLine = (text: string): boolean => {
  const line = text.slice(logPrefixLength(text)).trim();
  return line === '' || /^[A-Z][\w-]{1,30}: /.test(line) || findAlone(text) !== undefined;
};
