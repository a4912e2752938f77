import type { Span } from './invisible.ts';

/**
 * Returns the base64 characters of a text that do not depend on neighbouring bytes, for each of the three offsets at
 * which the text can stand in the encoded bytes.
 */
const insideBase64 = (text: string): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });

/** Source of a regular expression that matches in every text with the beginning of an encoded private key. */
export const encodedKeyword = ['PRIVATE KEY', 'PuTTY-User-Key', 'SAKeyValue', 'Static key V1']
  .flatMap(insideBase64)
  .join('|');
const keyForm = new RegExp(encodedKeyword, 'g');
const endForms = ['-----END ', '---- END ', 'Private-MAC:', '</RSAKeyValue', '</DSAKeyValue'].flatMap(insideBase64);
const hasEnd = (text: string): boolean => endForms.some((form) => text.includes(form));
const base64 = /[A-Za-z0-9+/=_-]/;

const expand = (text: string, at: number): Span => {
  let [from, to] = [at, at];
  while (from > 0 && base64.test(text.charAt(from - 1))) from -= 1;
  while (to < text.length && base64.test(text.charAt(to))) to += 1;
  return [from, to];
};

/** Base64 of a private key: its place, and whether the key's end may be on a later line. */
export type EncodedKey = { span: Span; isOpen: boolean };

/** Finds the next private key that is encoded once more in base64, as in a Kubernetes Secret. */
export const findEncodedKey = (text: string, from: number): EncodedKey | undefined => {
  keyForm.lastIndex = from;
  const found = keyForm.exec(text);
  if (!found) return undefined;
  const span = expand(text, found.index);
  const word = text.slice(...span);
  const isAtLineEnd = !/[A-Za-z0-9]/.test(text.slice(span[1]));
  return { span, isOpen: isAtLineEnd && !word.endsWith('=') && !hasEnd(word) };
};

/** Says whether a line within an encoded private key is its last line. */
export const isLastOfEncodedKey = (text: string): boolean => /=["',\s]*$/.test(text) || hasEnd(text);
