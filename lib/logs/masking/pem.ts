import { encodedKeyword, findEncodedKey, isLastOfEncodedKey } from './encoded-key.ts';
import { removeInvisible, type Span, toOriginal } from './invisible.ts';
import {
  findBodyWithoutBegin,
  findFoldedBody,
  findKeyBody,
  findUncertainBody,
  isBlockLine,
  prefixLength,
} from './key-body.ts';
import { beginKeyword, findKeyBegin, findKeyEnd, maxMarkerLength, unfinishedMarker } from './key-markers.ts';
import { beginsPublicBlock, endsPublicBlock, isPublicBody } from './public-block.ts';
import { maskSpans, mergeSpans, type SecretFinder } from './secret-finder.ts';

/**
 * Limits of a private key: lines without any part of the key, and characters of its body. An RSA key of 16,384 bits has
 * 13,000 characters, a PGP key with several subkeys has more.
 */
type KeyLimits = {
  otherLines: number;
  characters: number;
  isEncoded?: boolean;
  isHexadecimal?: boolean;
  /** Whether the beginning of the key was not seen, so that the lines may be no key at all. */
  isUncertain?: boolean;
};

export const keyLimits: KeyLimits = { otherLines: 256, characters: 65_536 };
/** Limits of a key whose beginning was not seen. Less is certain there, so fewer other lines are searched. */
const unseenLimits: KeyLimits = { ...keyLimits, otherLines: 8, isUncertain: true };
/** Limits of a key of which one folded line was seen. */
const foldedLimits: KeyLimits = { ...keyLimits, otherLines: 2, isUncertain: true };
/** Limits of a key that is encoded once more in base64. Its end is only known by its form. */
const encodedLimits: KeyLimits = { ...keyLimits, otherLines: 4, isEncoded: true };

/** Matches a text that may hold the beginning of a private key. Fixed texts are found much faster than markers. */
const mayHoldKey = new RegExp(`${beginKeyword}|${encodedKeyword}`);

/** Number of lines in which a key without a beginning is searched for, after the start of a log or a gap. */
export const watchedLines = 64;

/** Returns the number of characters in spans. */
const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, [from, to]) => sum + to - from, 0);

/** Spans of a text to mask, and the limits of the key that is open at the end of the text. */
type Found = { spans: Span[]; open: KeyLimits | undefined };

/** Finds the parts of a key in a line that has no marker. */
const findInside = (text: string, from: number, limits: KeyLimits): Found => {
  const rest = text.slice(from);
  const parts = limits.isUncertain ? findUncertainBody(rest) : findKeyBody(rest, limits.isHexadecimal === true);
  const spans = parts.map(([start, end]): Span => [start + from, end + from]);
  const otherLines = limits.otherLines - (spans.length === 0 ? 1 : 0);
  const characters = limits.characters - lengthOf(spans);
  const isLast = limits.isEncoded === true && isLastOfEncodedKey(text);
  return {
    spans,
    open: otherLines > 0 && characters > 0 && !isLast ? { ...limits, otherLines, characters } : undefined,
  };
};

/** Finds keys that are encoded once more in base64, in a text outside of other keys. */
const findEncoded = (text: string, from: number): Found => {
  const spans: Span[] = [];
  for (let at = from; ; ) {
    const key = findEncodedKey(text, at);
    if (!key) return { spans, open: undefined };
    spans.push([Math.max(from, key.span[0]), key.span[1]]);
    if (key.isOpen) return { spans, open: encodedLimits };
    at = key.span[1];
  }
};

/** Finds all parts of keys in a text after a position outside of keys. */
const findOutside = (text: string, from: number): Found => {
  const spans: Span[] = [];
  for (let at = from; ; ) {
    const begins = findKeyBegin(text, at);
    if (!begins) {
      const encoded = findEncoded(text, at);
      return { spans: [...spans, ...encoded.spans], open: encoded.open };
    }
    spans.push(...findEncoded(text.slice(0, begins[0]), at).spans);
    const start = Math.max(from, begins[0]);
    const ends = findKeyEnd(text, begins[1]);
    spans.push([start, ends?.[1] ?? text.length]);
    if (!ends) return { spans, open: { ...keyLimits, isHexadecimal: text.slice(...begins).includes('OpenVPN') } };
    at = ends[1];
  }
};

/** Finds the parts of a key that is open at a position. */
const findInOpenKey = (text: string, from: number, limits: KeyLimits): Found => {
  const ends = findKeyEnd(text, from);
  const begins = findKeyBegin(text, from);
  if (begins && (!ends || begins[0] < ends[0])) {
    const inside = findInside(text.slice(0, Math.max(from, begins[0])), from, limits);
    const rest = findOutside(text, from);
    return { spans: [...inside.spans, ...rest.spans], open: rest.open };
  }
  if (!ends) return findInside(text, from, limits);
  const rest = findOutside(text, ends[1]);
  return { spans: [[from, ends[1]], ...rest.spans], open: rest.open };
};

/** Finds the parts of keys in a text whose first `from` characters were searched before. */
const findParts = (text: string, from: number, open: KeyLimits | undefined): Found =>
  open ? findInOpenKey(text, from, open) : findOutside(text, from);

/**
 * Masks the private keys in one step's log, which take several lines: in PEM, as a PuTTY key file, in XML, also in
 * colour, encoded for a URL or JSON or once more in base64, folded at any width, and with a prefix or other text on each
 * line. A new mask watches for a key without a beginning, because the kubelet may have discarded the beginning of a log.
 */
export class PemMask {
  readonly #findSecrets: SecretFinder;
  #open: KeyLimits | undefined;
  #watched = watchedLines;
  /** End of the text so far in which a marker may have begun: on the same line, or on the lines of a folded marker. */
  #before = '';
  #isContinued = false;
  /** Whether the next line may be within a certificate, a public key, an image or other base64 that is no secret. */
  #isPublic = false;

  /**
   * @param findSecrets finds other secrets in a line with parts of a key. They are masked together, because a secret of
   * which a part is masked as a part of a key would lose its form. Default: none
   */
  constructor(findSecrets: SecretFinder = () => []) {
    this.#findSecrets = findSecrets;
  }

  /** Says whether the next line may be within a key. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Says whether the masks of later lines do not depend on the lines so far. */
  get isAtRest(): boolean {
    return this.#open === undefined && this.#watched === 0 && this.#before === '' && !this.#isPublic;
  }

  /** Returns a line with all parts of a private key masked. @param more true if the next text continues the line */
  push(text: string, more = false): string {
    const { plain, removals } = removeInvisible(text);
    if (this.isAtRest && !more && !mayHoldKey.test(plain) && !findFoldedBody(plain)) {
      this.#before = unfinishedMarker(plain);
      return text;
    }
    const isWhole = !more && !this.#isContinued;
    const found = this.#find(plain, more);
    if (found.length === 0) return text;
    const spans = removals.length === 0 ? found : toOriginal(found, removals);
    // A secret in a part of a long line may go on in the next part, so only the mask for secrets can find its end.
    return maskSpans(text, isWhole ? mergeSpans([...spans, ...this.#findSecrets(text)]) : spans);
  }

  /** Puts the mask at rest, because the line pushed last is known to be no part of a key. */
  rest(): void {
    this.#open = undefined;
    this.#watched = 0;
    this.#before = '';
    this.#isPublic = false;
  }

  /** Tells the mask that lines are missing here, so that the next line may be within a key. */
  watch(): void {
    this.#watched = watchedLines;
    this.#isPublic = false;
  }

  /** Tells the mask that the next line may be within a key, and that masking too much is better than too little. */
  open(): void {
    this.#open = keyLimits;
  }

  #find(text: string, more: boolean): Span[] {
    const skipped = this.#before === '' || this.#isContinued ? 0 : prefixLength(text);
    const joined = this.#before + text.slice(skipped);
    const shift = skipped - this.#before.length;
    const found = findParts(joined, this.#before.length, this.#open);
    this.#open = found.open;
    this.#before = more ? joined.slice(-maxMarkerLength) : unfinishedMarker(joined);
    this.#isContinued = more;
    if (found.spans.length === 0 && !this.#open) return this.#findWithoutBegin(text, more);
    if (this.#open) this.#watched = 0;
    this.#isPublic = false;
    return found.spans.map(([from, to]) => [from + shift, to + shift]);
  }

  /** Finds a line of a key whose beginning was not seen, in a text without any marker of a key. */
  #findWithoutBegin(text: string, more: boolean): Span[] {
    const folded = more ? undefined : findFoldedBody(text);
    this.#isPublic = this.#isWithinPublic(text, folded);
    const isWatched = this.#watched > 0;
    if (isWatched) this.#watched -= 1;
    if (this.#isPublic) return [];
    const body = folded ?? (isWatched ? findBodyWithoutBegin(text) : undefined);
    if (!body) return [];
    this.#open = isWatched ? unseenLimits : foldedLimits;
    if (isWatched) this.#watched = 0;
    return [body];
  }

  #isWithinPublic(text: string, folded: Span | undefined): boolean {
    if (beginsPublicBlock(text)) return true;
    if (this.#isPublic) return !endsPublicBlock(text) && isBlockLine(text);
    return folded !== undefined && isPublicBody(text.slice(...folded));
  }
}
