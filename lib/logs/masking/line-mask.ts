import type { Span } from './invisible.ts';
import { maskSpans, mergeSpans, type SecretFinder } from './secret-finder.ts';
import { createTrackedSecrets } from './tracked-secrets.ts';

/** A line of a log, or a part of a line that is too long to be kept whole. `more`: the next part continues the line. */
type LinePart = { text: string; more?: boolean };

/** Masks the secrets of a step's lines, in the order in which the lines are pushed. */
export type LineMask<T extends LinePart> = {
  /**
   * Takes the next line, or part of a line.
   * @param overwritten text of the same line that is not shown, without carriage returns. A secret may begin there
   */
  push(part: T, overwritten?: string): void;
  /**
   * Whether the next line is masked as if it were the first line. False while a long line is unfinished, and after a
   * line that may have begun a secret of the next line.
   */
  readonly isAtRest: boolean;
};

/**
 * Characters of each neighbouring part that are searched together with a part of a long line. A secret of up to this
 * length is found wherever the line is cut.
 */
export const overlap = 8192;

const tokenCharacters = /^[A-Za-z0-9_.+/=~%\\-]*/;

/** State of a mask for secrets between two parts of one line. */
type Between = {
  /**
   * Last 8,192 characters of the line's earlier parts, or all of them if they are shorter. They are searched together
   * with the next part.
   */
  before: string;
  /**
   * Number of characters at the start of a line's next part that belong to a secret already found. Infinity when the
   * end of the secret is unknown: the secret then continues as long as the characters can belong to a token.
   */
  carry: number;
};

const lineStart: Between = { before: '', carry: 0 };

/** Counts the characters at the start of a part of a long line that belong to a secret begun in an earlier part. */
const carriedLength = (text: string, carry: number): number => {
  if (carry !== Number.POSITIVE_INFINITY) return Math.min(carry, text.length);
  return tokenCharacters.exec(text)?.[0].length ?? 0;
};

/** Returns the spans that overlap a range of a text, cut to the range and relative to the range's start. */
export const clipSpans = (spans: readonly Span[], from: number, to: number): Span[] =>
  spans
    .filter((span) => span[1] > from && span[0] < to)
    .map((span) => [Math.max(span[0], from) - from, Math.min(span[1], to) - from]);

/** Adds a span that begins at 0 to a list of spans, which are in order, and joins overlapping spans. */
const withLeading = (first: Span, spans: readonly Span[]): Span[] => {
  const apart = spans.filter((span) => span[0] > first[1]);
  const reach = Math.max(first[1], ...spans.filter((span) => span[0] <= first[1]).map((span) => span[1]));
  return [[first[0], reach], ...apart];
};

/**
 * Masks the secrets in one part of a long line.
 * @param after the beginning of the next part; '' for the last part of the line
 */
const maskPart = (
  findSecrets: SecretFinder,
  { before, carry }: Between,
  text: string,
  after: string,
): { text: string; between: Between } => {
  const all = before + text + after;
  const [from, to] = [before.length, before.length + text.length];
  const carried = carriedLength(text, carry);
  const isWhollyCarried = carry === Number.POSITIVE_INFINITY && carried === text.length;
  const found = findSecrets(all);
  const spans = clipSpans(found, from, to);
  const end = found.at(-1)?.[1] ?? 0;
  const isOpen = isWhollyCarried || (after !== '' && end === all.length);
  return {
    text: maskSpans(text, carried > 0 ? withLeading([0, carried], spans) : spans),
    between: {
      before: (before + text).slice(-overlap),
      carry: isOpen ? Number.POSITIVE_INFINITY : Math.max(0, end - to),
    },
  };
};

/**
 * Makes a mask for the secrets in the lines of one step. Each part of a long line is searched together with its
 * neighbours, so a secret that was cut is masked in both parts. A secret longer than 8,192 characters is masked for as
 * long as its characters can belong to a token. Secrets that only earlier lines tell are masked too (tracked-secrets.ts).
 *
 * @param show receives every part in order, with its `text` masked. A part that another part continues is shown only
 * when the next part has come, because the next part may contain the rest of a secret
 */
export const createLineMask = <T extends LinePart>(findSecrets: SecretFinder, show: (part: T) => void): LineMask<T> => {
  let held: T | undefined;
  let between = lineStart;
  const tracked = createTrackedSecrets(findSecrets);

  const showPart = (part: T, after: string): void => {
    const masked = maskPart(findSecrets, between, part.text, after);
    between = masked.between;
    part.text = masked.text;
    show(part);
  };

  const findWithin = (text: string, overwritten: string): readonly Span[] => {
    const spans = tracked.find(text);
    if (overwritten === '') return spans;
    const found = clipSpans(findSecrets(overwritten + text), overwritten.length, overwritten.length + text.length);
    return mergeSpans([...spans, ...found]);
  };

  const showWholeLine = (line: T, overwritten: string): void => {
    const spans = findWithin(line.text, overwritten);
    if (spans.length > 0) line.text = maskSpans(line.text, spans);
    show(line);
  };

  return {
    push: (part, overwritten = '') => {
      if (!held && !part.more) return showWholeLine(part, overwritten);
      if (!held) between = { ...lineStart, before: overwritten };
      if (held) showPart(held, part.text.slice(0, overlap));
      held = part.more ? part : undefined;
      tracked.reset();
      if (held) return;
      showPart(part, '');
      between = lineStart;
    },
    get isAtRest() {
      return held === undefined && tracked.isAtRest;
    },
  };
};
