import { escapeControls } from './control-characters.ts';
import type { Span } from './invisible.ts';
import { clipSpans, overlap } from './line-mask.ts';
import { PemMask } from './pem.ts';
import { maskSpans, mergeSpans, type SecretFinder } from './secret-finder.ts';

/** Facts about an unfinished line, besides its present state. */
type Known = {
  /** The line's text before the state, with carriage returns. A secret may begin there. */
  overwritten: string;
  /** Known secrets. The state may end within one. */
  secrets: readonly string[];
};

/** Returns the end of an overwritten text as the masks search it. A secret may be printed with returns in it. */
export const withoutReturns = (overwritten: string): string =>
  escapeControls(overwritten.replaceAll('\r', ''), true).slice(-overlap);

/** Characters that are no letters and no digits. */
const sign = '[^\\p{L}\\p{N}]';
const unit = '(?:[kKMGT]?i?[bB](?:it)?s?|[kKMGT]|ms|s|sec|min|m|h|it|x)';
/** A word of a language, or numbers with a unit, such as `44.5it/s]`. No secret begins so, unless a name says so. */
const harmlessWord = new RegExp(
  `^${sign}*(?:\\d{1,6}${sign}+)*(?:\\d{0,6}(?:${unit}(?:/${unit})?)?|\\p{Lu}?\\p{Ll}{1,12}|\\p{Lu}{1,3})${sign}*$`,
  'u',
);
const maxWord = 400;

/** Longest and shortest beginning of a known secret that is searched for, in characters. */
const openLength = { most: 512, least: 3 };

/** Leaves out the last word of a text, which may be the beginning of a secret. */
const withoutOpenWord = (text: string): string => {
  const from = text.search(/\S*$/);
  const word = text.slice(from);
  return word.length <= maxWord && harmlessWord.test(word) ? text : `${text.slice(0, from)}…`;
};

/** Returns the ends of a text that are beginnings of known secrets. */
const openSecrets = (text: string, known: readonly string[]): Span[] =>
  known.flatMap((secret): Span[] => {
    const last = text.at(-1);
    for (let length = Math.min(secret.length, openLength.most, text.length); length >= openLength.least; length -= 1)
      if (secret[length - 1] === last && text.endsWith(secret.slice(0, length)))
        return [[text.length - length, text.length]];
    return [];
  });

/** Ends of a quotation that a secret may have been cut in. */
const endings = ['', '"', "'"];

/**
 * Masks the present state of an unfinished line. A secret may be cut at the end of the state, so a last word that may be
 * the beginning of a secret is left out, and the state is searched as if a quotation ended there, too.
 */
export const maskUnfinished = (findSecrets: SecretFinder, state: string, { overwritten, secrets }: Known): string => {
  const pem = new PemMask(findSecrets);
  pem.push(escapeControls(overwritten, true), true);
  const before = withoutReturns(overwritten);
  const text = withoutOpenWord(pem.push(escapeControls(state, true)));
  const searched = before === '' ? [''] : ['', before];
  const found = searched.flatMap((start) =>
    endings.flatMap((ending) =>
      clipSpans(findSecrets(start + text + ending), start.length, start.length + text.length),
    ),
  );
  const openSpans = openSecrets(before + text.replace(/…$/, ''), secrets);
  const open = clipSpans(openSpans, before.length, before.length + text.length);
  return maskSpans(text, mergeSpans([...found, ...open]));
};
