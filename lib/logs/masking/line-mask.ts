import { maskSpans, type SecretFinder, type Span } from './secret-finder.ts';

/** `more`: the next one belongs to the same line. */
type Part = { text: string; more?: boolean };

export type LineMask<T extends Part> = {
  push(part: T): void;
};

/** Secrets up to this length are found wherever a long line was cut. */
const overlap = 8192;

const runOn = /^[A-Za-z0-9_.+/=~%\\-]*/;

const clip = (spans: readonly Span[], from: number, to: number): Span[] =>
  spans
    .filter((span) => span[1] > from && span[0] < to)
    .map((span) => [Math.max(span[0], from) - from, Math.min(span[1], to) - from]);

/**
 * Masks secrets line by line. Parts of one long line are looked at together with what stands beside them; a secret that
 * was cut is masked in both parts, and one longer than the overlap for as long as its characters go on.
 *
 * @param show gets each part, in order, masked: one of a longer line when the next has come, which may hold the rest of a
 * secret
 */
export const createLineMask = <T extends Part>(findSecrets: SecretFinder, show: (part: T) => void): LineMask<T> => {
  let held: T | undefined;
  let before = '';
  /** How many characters of the next part belong to a secret already found; Infinity: as long as they run on. */
  let carry = 0;

  const carried = (text: string): number => {
    if (carry !== Number.POSITIVE_INFINITY) return Math.min(carry, text.length);
    return runOn.exec(text)?.[0].length ?? 0;
  };

  const maskPart = (part: T, after: string): void => {
    const { text } = part;
    const from = before.length;
    const to = from + text.length;
    const all = before + text + after;
    const forced = carried(text);
    const wholly = carry === Number.POSITIVE_INFINITY && forced === text.length;
    const found = findSecrets(all);
    const spans: Span[] = clip(found, from, to);
    const last = found.at(-1)?.[1] ?? 0;
    carry = wholly || (after !== '' && last === all.length) ? Number.POSITIVE_INFINITY : Math.max(0, last - to);
    before = (before + text).slice(-overlap);
    part.text = maskSpans(text, forced > 0 ? joined([0, forced], spans) : spans);
    show(part);
  };

  return {
    push: (part) => {
      if (!held && !part.more) {
        const spans = findSecrets(part.text);
        if (spans.length > 0) part.text = maskSpans(part.text, spans);
        show(part);
        return;
      }
      if (held) maskPart(held, part.text.slice(0, overlap));
      held = part.more ? part : undefined;
      if (part.more) return;
      maskPart(part, '');
      before = '';
      carry = 0;
    },
  };
};

const joined = (first: Span, spans: readonly Span[]): Span[] => {
  const apart = spans.filter((span) => span[0] > first[1]);
  const reach = Math.max(first[1], ...spans.filter((span) => span[0] <= first[1]).map((span) => span[1]));
  return [[first[0], reach], ...apart];
};
