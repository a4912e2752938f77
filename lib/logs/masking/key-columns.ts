import type { Span } from './invisible.ts';
import type { LineTracker } from './line-tracker.ts';
import { mergeSpans, nothingNamed } from './secret-finder.ts';

/** Limit for the lines of one number. A private exponent of 16,384 bits has 137 lines. */
const maxLines = 512;

/** Names of the secret numbers of a private key, as OpenSSL and GnuTLS print them with `-text`. Each ends its line. */
const secretNumber =
  /(?:^|[\s|>])(?:priv(?:ate)?(?:[ -]?key|[ -]?exponent)?|prime ?[1-3]|exp(?:onent)? ?[12]|coefficient ?\d?|secret[ -]?key|seed)\s?:\s{0,8}$/i;

const bytes = /^(?:[0-9a-f]{2}:){0,64}[0-9a-f]{2}:?$/i;

/** Returns the span of the last word of a line, if the word has only bytes of two hexadecimal digits. */
const bytesAtEnd = (text: string): Span | undefined => {
  const end = text.trimEnd().length;
  const from = Math.max(text.lastIndexOf(' ', end - 1), text.lastIndexOf('\t', end - 1)) + 1;
  return end - from <= 200 && bytes.test(text.slice(from, end)) ? [from, end] : undefined;
};

/** Masks the secret numbers of private keys that are printed as columns of hexadecimal bytes. */
export const createKeyColumns = (): LineTracker => {
  let left = 0;
  return {
    add: (text, found) => {
      const span = left > 0 ? bytesAtEnd(text) : undefined;
      if (span) {
        left -= 1;
        return mergeSpans([...found, span]);
      }
      left = found !== nothingNamed && secretNumber.test(text.slice(-64)) ? maxLines : 0;
      return found;
    },
    reset: () => {
      left = 0;
    },
    get isAtRest() {
      return left === 0;
    },
  };
};
