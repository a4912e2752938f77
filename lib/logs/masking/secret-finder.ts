import { colourPattern } from './colour.ts';
import { createKeywordFilter } from './keyword-filter.ts';
import { type SecretRule, secretRules } from './secret-rules.ts';

/** Range of characters in a text: start, and end (exclusive). */
export type Span = [number, number];

/** Returns the ranges of a text that hold secrets, in order and without overlaps. */
export type SecretFinder = (text: string) => readonly Span[];

/** Text that replaces a secret in a log. */
export const maskText = '[masked]';

/** Shortest known secret that is masked by its value, in characters. A shorter value would mask ordinary words. */
const minValueLength = 6;

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * Returns the base64 characters of a known secret that do not depend on neighbouring bytes, for each of the three
 * offsets at which the secret can stand in the encoded bytes.
 */
const insideBase64 = (value: string): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), whole);
  });

/** Returns the forms in which a known secret can appear: its lines, and its encodings for URLs, JSON and base64. */
const formsOf = (value: string): string[] => [
  ...value.split(/\r?\n/),
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
  ...(value.length >= 8 ? insideBase64(value).filter((form) => form.length >= 10) : []),
];

const valueRule = (values: readonly string[]): SecretRule[] => {
  const forms = [...new Set(values.flatMap(formsOf))].filter((form) => form.trim().length >= minValueLength);
  if (forms.length === 0) return [];
  const longestFirst = forms.sort((a, b) => b.length - a.length);
  return [{ keywords: forms, pattern: new RegExp(longestFirst.map(escapePattern).join('|'), 'gd') }];
};

const noSpans: readonly Span[] = [];

/** Sorts spans of a text, and joins spans that touch or overlap. */
const merge = (spans: Span[]): Span[] => {
  const merged: Span[] = [];
  for (const span of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else merged.push([...span]);
  }
  return merged;
};

const matchRule = ({ pattern, accept }: SecretRule, text: string): Span[] => {
  const spans: Span[] = [];
  for (const match of text.matchAll(pattern)) {
    const span = match.indices?.groups?.secret ?? match.indices?.[0];
    if (span && (accept === undefined || accept(text.slice(...span)))) spans.push(span);
  }
  return spans;
};

/**
 * Matches terminal sequences that can stand inside of a secret: colours, and sequences that control-characters.ts has
 * made visible. `grep --color` puts both around a match.
 */
const sequence = new RegExp(`${colourPattern}|\\u241b\\[[0-9;:?]{0,64}[A-Za-z]`, 'g');

/**
 * Place of a removed terminal sequence: its position in the remaining text, and the number of characters removed up to
 * there.
 */
type Removal = { at: number; shift: number };

/**
 * Moves spans from a text without terminal sequences to the original text. Spans and removed sequences are both in
 * order, so one pass over both is enough.
 */
const toOriginal = (spans: readonly Span[], removals: readonly Removal[]): Span[] => {
  let next = 0;
  let shift = 0;
  const position = (at: number): number => {
    for (let removal = removals[next]; removal && removal.at <= at; removal = removals[next]) {
      shift = removal.shift;
      next += 1;
    }
    return at + shift;
  };
  return spans.map(([from, to]) => [position(from), position(to - 1) + 1]);
};

const removeSequences = (text: string): { plain: string; removals: Removal[] } => {
  const removals: Removal[] = [];
  let shift = 0;
  const plain = text.replace(sequence, (found, at: number) => {
    removals.push({ at: at - shift, shift: shift + found.length });
    shift += found.length;
    return '';
  });
  return { plain, removals };
};

/**
 * Makes a finder for known secrets, and for secrets of a known form (secret-rules.ts).
 * @param values known secrets, such as the registry's password. A known secret is found as it is, line by line if it
 * has several lines, and encoded for URLs, JSON and base64
 */
export const createSecretFinder = (values: readonly string[]): SecretFinder => {
  const rules = [...valueRule(values), ...secretRules];
  const rulesWorthTrying = createKeywordFilter(rules);

  const findInPlain = (text: string): readonly Span[] => {
    const found = rulesWorthTrying(text);
    return found ? merge([...found].flatMap((rule) => matchRule(rule, text))) : noSpans;
  };

  return (text) => {
    if (!text.includes('\u001b') && !text.includes('\u241b')) return findInPlain(text);
    const { plain, removals } = removeSequences(text);
    return merge(toOriginal(findInPlain(plain), removals));
  };
};

/** Replaces spans of a text by `[masked]`. @param spans in order and without overlaps */
export const maskSpans = (text: string, spans: readonly Span[]): string => {
  let out = '';
  let at = 0;
  for (const [from, to] of spans) {
    out += text.slice(at, from) + maskText;
    at = to;
  }
  return out + text.slice(at);
};
