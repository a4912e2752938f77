import { colourPattern } from './colour.ts';
import { createKeywordFilter } from './keyword-filter.ts';
import { type SecretRule, secretRules } from './secret-rules.ts';

/** From, to (exclusive): positions in a text. */
export type Span = [number, number];

/** Where secrets are in a text: in order, apart from each other. */
export type SecretFinder = (text: string) => readonly Span[];

export const maskText = '[masked]';

/** Shorter ones would mask ordinary words. */
const shortestValue = 6;

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** What is the same in base64 wherever the value stands in what was encoded. */
const insideBase64 = (value: string): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), whole);
  });

const formsOf = (value: string): string[] => [
  ...value.split(/\r?\n/),
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
  ...(value.length >= 8 ? insideBase64(value).filter((form) => form.length >= 10) : []),
];

const valueRule = (values: readonly string[]): SecretRule[] => {
  const forms = [...new Set(values.flatMap(formsOf))].filter((form) => form.trim().length >= shortestValue);
  if (forms.length === 0) return [];
  const longestFirst = forms.sort((a, b) => b.length - a.length);
  return [{ keywords: forms, pattern: new RegExp(longestFirst.map(literal).join('|'), 'gd') }];
};

const nothing: readonly Span[] = [];

const merge = (spans: Span[]): Span[] => {
  const merged: Span[] = [];
  for (const span of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else merged.push([...span]);
  }
  return merged;
};

const apply = ({ pattern, accept }: SecretRule, text: string): Span[] => {
  const spans: Span[] = [];
  for (const match of text.matchAll(pattern)) {
    const span = match.indices?.groups?.secret ?? match.indices?.[0];
    if (span && (accept === undefined || accept(text.slice(...span)))) spans.push(span);
  }
  return spans;
};

/** A colour, or another sequence that was made visible (lib/logs/masking/control-characters.ts): `grep --color` puts both around a match. */
const sequence = new RegExp(`${colourPattern}|\\u241b\\[[0-9;:?]{0,64}[A-Za-z]`, 'g');

/** What was taken out before a position, in characters. */
type Mark = { at: number; shift: number };

/** Positions in the text as it is. @param spans as the marks in order: both are walked through once */
const shifted = (spans: readonly Span[], marks: readonly Mark[]): Span[] => {
  let next = 0;
  let shift = 0;
  const position = (at: number): number => {
    for (let mark = marks[next]; mark && mark.at <= at; mark = marks[next]) {
      shift = mark.shift;
      next += 1;
    }
    return at + shift;
  };
  return spans.map(([from, to]) => [position(from), position(to - 1) + 1]);
};

/** Without sequences, which may stand within a secret. */
const withoutSequences = (text: string): { plain: string; marks: Mark[] } => {
  const marks: Mark[] = [];
  let shift = 0;
  const plain = text.replace(sequence, (found, at: number) => {
    marks.push({ at: at - shift, shift: shift + found.length });
    shift += found.length;
    return '';
  });
  return { plain, marks };
};

/**
 * @param values secrets that are known, such as the registry's password; they are found as they are, over several lines
 * and encoded for URLs, JSON and base64
 */
export const createSecretFinder = (values: readonly string[]): SecretFinder => {
  const rules = [...valueRule(values), ...secretRules];
  const worthwhile = createKeywordFilter(rules);

  const plainSpans = (text: string): readonly Span[] => {
    const found = worthwhile(text);
    return found ? merge([...found].flatMap((rule) => apply(rule, text))) : nothing;
  };

  return (text) => {
    if (!text.includes('\u001b') && !text.includes('\u241b')) return plainSpans(text);
    const { plain, marks } = withoutSequences(text);
    return merge(shifted(plainSpans(plain), marks));
  };
};

export const maskSpans = (text: string, spans: readonly Span[]): string => {
  let out = '';
  let at = 0;
  for (const [from, to] of spans) {
    out += text.slice(at, from) + maskText;
    at = to;
  }
  return out + text.slice(at);
};
