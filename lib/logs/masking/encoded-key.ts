import { insideBase64 } from './byte-forms.ts';
import type { Span } from './invisible.ts';

const base64Of = (text: string): string[] => insideBase64(Buffer.from(text));

/** Source of a regular expression that matches in every text with the beginning of an encoded private key. */
export const encodedKeyword = ['PRIVATE KEY', 'PuTTY-User-Key', 'SAKeyValue', 'Static key V1']
  .flatMap(base64Of)
  .join('|');
const keyForm = new RegExp(encodedKeyword, 'g');
const endForms = ['-----END ', '---- END ', 'Private-MAC:', '</RSAKeyValue', '</DSAKeyValue'].flatMap(base64Of);
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
