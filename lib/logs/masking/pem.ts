import { maskText } from './secret-finder.ts';

/** A private key over several lines. Its state is one number, which cursors carry, so a resumed stream masks the same. */
export type PemMask = {
  push(text: string): string;
  /** In how many more lines the key may go on; 0 outside of one. */
  remaining(): number;
  /** After a jump: the larger of what was seen and what the cursor says. */
  raise(remaining: number): void;
};

/** An RSA key of 16,384 bits has 200 lines. What doesn't look like a key's body is shown, even within. */
export const pemLines = 256;

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const decoration = new Set([...' \t"\'`,;\\|']);

const isBase64 = (code: number): boolean =>
  (code >= 0x2f && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x2b ||
  code === 0x3d;

const undecorated = (text: string, end: number): number => {
  let to = end;
  while (to > 0 && decoration.has(text.charAt(to - 1))) to -= 1;
  return to;
};

/** The base64 at the line's end, if it is a key's body: long, or alone in its line. By hand, to stay linear. */
const bodySpan = (text: string): [number, number] | undefined => {
  let to = undecorated(text, text.length);
  if (text.slice(0, to).endsWith('\\n')) to = undecorated(text, to - 2);
  let from = to;
  while (from > 0 && isBase64(text.charCodeAt(from - 1))) from -= 1;
  const length = to - from;
  const alone = text.slice(0, from).replace(/[\s"'`|>+#*]/g, '') === '';
  const padded = text.charAt(to - 1) === '=';
  return length >= 40 || (alone && (length >= 16 || (padded && length > 1))) ? [from, to] : undefined;
};

/** Another key begins before this one has ended. */
const beginsAnew = (text: string): boolean => {
  const at = text.indexOf('-----BEGIN ');
  const ending = text.indexOf('-----END ');
  return at >= 0 && (ending < 0 || at < ending);
};

export const createPemMask = (): PemMask => {
  let left = 0;

  const within = (text: string): string => {
    const found = end.exec(text);
    if (found) {
      left = 0;
      return maskText + outside(text.slice(found.index + found[0].length));
    }
    left -= 1;
    const span = bodySpan(text);
    return span ? text.slice(0, span[0]) + maskText + text.slice(span[1]) : text;
  };

  const outside = (text: string): string => {
    const found = text.includes('-----BEGIN ') ? begin.exec(text) : null;
    if (!found) return text;
    const head = text.slice(0, found.index);
    const tail = text.slice(found.index + found[0].length);
    const closing = end.exec(tail);
    if (closing) return head + maskText + outside(tail.slice(closing.index + closing[0].length));
    left = pemLines;
    return head + maskText;
  };

  return {
    push: (text) => (left > 0 && !beginsAnew(text) ? within(text) : outside(text)),
    remaining: () => left,
    raise: (remaining) => {
      left = Math.max(left, Math.min(remaining, pemLines));
    },
  };
};
