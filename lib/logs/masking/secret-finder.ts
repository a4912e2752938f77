import { removeInvisible, type Span, toOriginal } from './invisible.ts';
import { createKeywordFilter } from './keyword-filter.ts';
import { knownValues } from './known-values.ts';
import type { Matcher } from './rules/secret-rule.ts';
import { secretRules } from './secret-rules.ts';

/** Returns the ranges of a text that hold secrets, in order and without overlaps. */
export type SecretFinder = (text: string) => readonly Span[];

/** Text that replaces a secret in a log. */
const maskText = '[masked]';

const noSpans: readonly Span[] = [];
const noGroups: ReadonlySet<never> = new Set();

/** Sorts spans of a text, and joins spans that touch or overlap. */
export const mergeSpans = (spans: Span[]): Span[] => {
  const merged: Span[] = [];
  for (const span of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else merged.push([...span]);
  }
  return merged;
};

/** Number of characters after a match that a matcher's `accept` sees. */
const afterLength = 24;

/**
 * Longest refused match, in characters, in which another match is searched. The limit keeps the time linear on a text
 * full of refused matches.
 */
const maxRefused = 64;

const spanOf = (match: RegExpExecArray): Span | undefined => {
  const [whole, ...groups] = match.indices ?? [];
  return groups.find((group) => group !== undefined) ?? whole;
};

/** Returns the spans of a text that one matcher masks. */
export const matchSpans = ({ needs, pattern, accept }: Matcher, text: string): readonly Span[] => {
  if (needs && !needs.some((needed) => text.includes(needed))) return noSpans;
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const span = spanOf(match);
    if (!span || span[0] === span[1]) continue;
    const [from, to] = span;
    if (!accept || accept(text.slice(from, to), text.slice(to, to + afterLength))) spans.push([from, to]);
    else if (to - from <= maxRefused && from > match.index) pattern.lastIndex = from;
  }
  return spans;
};

/** Matchers with the same keywords, which are worth trying on the same texts. */
type Group = { keywords: readonly string[]; matchers: Matcher[] };

/** Groups matchers by their list of keywords. The keyword filter then has fewer objects to collect for each text. */
const groupByKeywords = (matchers: readonly Matcher[]): Group[] => {
  const groups = new Map<readonly string[], Group>();
  for (const matcher of matchers) {
    const { keywords } = matcher;
    const group = groups.get(keywords) ?? { keywords, matchers: [] };
    group.matchers.push(matcher);
    groups.set(keywords, group);
  }
  return [...groups.values()];
};

const createFinder = (matchers: readonly Matcher[]): SecretFinder => {
  const groupsWorthTrying = createKeywordFilter(groupByKeywords(matchers));

  const match = (text: string, worthTrying: ReadonlySet<Group> = noGroups): Span[] => {
    const spans: Span[] = [];
    for (const group of worthTrying) for (const matcher of group.matchers) spans.push(...matchSpans(matcher, text));
    return spans.length > 0 ? mergeSpans(spans) : spans;
  };

  return (text) => {
    const found = groupsWorthTrying(text);
    if (!found && !text.includes('\u001b')) return noSpans;
    const { plain, removals } = removeInvisible(text);
    if (removals.length === 0) return match(text, found);
    const spans = toOriginal(match(plain, groupsWorthTrying(plain)), removals);
    // A removed sequence can contain a secret itself, such as the title of a window.
    return mergeSpans([...spans, ...match(text, found)]);
  };
};

/** Finder with all secret rules. One serves all, because its tables are large. Most functions never read a log. */
let byForm: SecretFinder | undefined;

/** Finds secrets of a known form, without known values. */
export const findByForm: SecretFinder = (text) => {
  byForm ??= createFinder(secretRules);
  return byForm(text);
};

/** Adds known secrets to a finder. Without values of 6 characters or more the finder is returned as it is. */
export const withKnownValues = (findSecrets: SecretFinder, values: readonly string[]): SecretFinder => {
  const matchers = knownValues(values);
  if (matchers.length === 0) return findSecrets;
  const findValues = createFinder(matchers);
  return (text) => {
    const known = findValues(text);
    const found = findSecrets(text);
    if (known.length === 0) return found;
    return mergeSpans([...known.map(([from, to]): Span => [from, to]), ...found.map(([from, to]): Span => [from, to])]);
  };
};

/**
 * Makes a finder for known secrets, and for secrets of a known form (secret-rules.ts).
 * @param values known secrets, such as the registry's password (known-values.ts)
 */
export const createSecretFinder = (values: readonly string[]): SecretFinder => withKnownValues(findByForm, values);

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
