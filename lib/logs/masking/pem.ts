import { maskText } from './secret-finder.ts';

/**
 * Masks private keys in PEM format, which take several lines. The mask's whole state is one number. Cursors contain
 * that number, so a resumed stream masks the same lines as the first stream.
 */
export type PemMask = {
  /** Returns a line with all parts of a private key masked. */
  push(text: string): string;
  /** Returns how many more lines the current private key may have; 0 outside of a key. */
  remaining(): number;
  /**
   * Raises the number of lines that the current private key may have to the number in a cursor. A smaller number has no
   * effect.
   */
  raise(remaining: number): void;
};

/**
 * Length of the longest private key, in lines. An RSA key of 16,384 bits has 200 lines. Lines within a key that do not
 * look like a key's body are shown, so a limit that is too high hides few other lines.
 */
export const pemLines = 256;

const anyBegin = '-----BEGIN ';
const anyEnd = '-----END ';
const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const decoration = new Set([...' \t"\'`,;\\|']);

const isBase64 = (code: number): boolean =>
  (code >= 0x2f && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2b ||
  code === 0x3d;

/**
 * Returns where a line ends without the quotes, commas and spaces after its text, so that a key in JSON or YAML is
 * found.
 */
const endOfText = (text: string, end: number): number => {
  let to = end;
  while (to > 0 && decoration.has(text.charAt(to - 1))) to -= 1;
  return to;
};

const isKeyBody = (text: string, from: number, to: number): boolean => {
  const length = to - from;
  if (length >= 40) return true;
  const isAlone = text.slice(0, from).replace(/[\s"'`|>+#*]/g, '') === '';
  const isPadded = text.charAt(to - 1) === '=';
  return isAlone && (length >= 16 || (isPadded && length > 1));
};

/**
 * Finds the base64 text at the end of a line that can be part of a private key's body: 40 characters or more, or a
 * shorter text without anything else in the line. A loop keeps the time linear; a regular expression would backtrack.
 */
const findKeyBody = (text: string): [number, number] | undefined => {
  let to = endOfText(text, text.length);
  if (text.slice(0, to).endsWith('\\n')) to = endOfText(text, to - 2);
  let from = to;
  while (from > 0 && isBase64(text.charCodeAt(from - 1))) from -= 1;
  return isKeyBody(text, from, to) ? [from, to] : undefined;
};

/** Says whether another PEM block begins in a line before the current block ends. */
const beginsAnother = (text: string): boolean => {
  const begins = text.indexOf(anyBegin);
  const ends = text.indexOf(anyEnd);
  return begins >= 0 && (ends < 0 || begins < ends);
};

/** A line with masked private keys, and how many lines after it may belong to the last key. */
type Masked = { text: string; remaining: number };

const maskOutsideKey = (text: string, remaining: number): Masked => {
  const found = begin.exec(text);
  if (!found) return { text, remaining };
  const before = text.slice(0, found.index) + maskText;
  const after = text.slice(found.index + found[0].length);
  const closing = end.exec(after);
  if (!closing) return { text: before, remaining: pemLines };
  const rest = maskOutsideKey(after.slice(closing.index + closing[0].length), remaining);
  return { text: before + rest.text, remaining: rest.remaining };
};

const maskInsideKey = (text: string, remaining: number): Masked => {
  const found = end.exec(text);
  if (found) {
    const rest = maskOutsideKey(text.slice(found.index + found[0].length), 0);
    return { text: maskText + rest.text, remaining: rest.remaining };
  }
  const body = findKeyBody(text);
  const masked = body ? text.slice(0, body[0]) + maskText + text.slice(body[1]) : text;
  return { text: masked, remaining: remaining - 1 };
};

/** Makes a mask for the private keys in one step's log. */
export const createPemMask = (): PemMask => {
  let remaining = 0;
  return {
    push: (text) => {
      // Nearly every line is outside of private keys. Such a line is returned as it is, without a result object.
      if (remaining === 0 && !text.includes(anyBegin)) return text;
      const isInside = remaining > 0 && !beginsAnother(text);
      const masked = isInside ? maskInsideKey(text, remaining) : maskOutsideKey(text, remaining);
      remaining = masked.remaining;
      return masked.text;
    },
    remaining: () => remaining,
    raise: (least) => {
      remaining = Math.max(remaining, Math.min(least, pemLines));
    },
  };
};
