import { type Span, toOriginal, visibleTexts } from './invisible.ts';
import { createKeywordFilter } from './keyword-filter.ts';
import { knownValues } from './known-values.ts';
import { NamesInText } from './rules/names-in-text.ts';
import type { Matcher } from './rules/secret-rule.ts';
import { secretRules } from './secret-rules.ts';
import { trackedKeywords } from './tracked-keywords.ts';

/** Returns the ranges of a text that hold secrets, in order and without overlaps. */
export type SecretFinder = (text: string) => readonly Span[];

/** Text that replaces a secret in a log. */
const maskText = '[masked]';

const noSpans: readonly Span[] = [];

/** The result of a finder for a text without any keyword of a secret rule. Such a text names no secret. */
export const nothingNamed = noSpans;

const noGroups: ReadonlySet<never> = new Set();

/** Sorts spans of a text, and joins spans that touch or overlap. The list is sorted in place; its spans stay as they are. */
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

/** Takes a match into the spans if it is a secret. Returns where the next match may begin. */
const takeMatch = (matcher: Matcher, text: string, match: RegExpExecArray, spans: Span[]): number => {
  const end = matcher.pattern.lastIndex;
  const span = spanOf(match);
  if (!span || span[0] === span[1]) return end;
  const [from, to] = span;
  if (!matcher.accept || matcher.accept(text.slice(from, to), text.slice(to, to + afterLength))) spans.push([from, to]);
  else if (to - from <= maxRefused && from > match.index) return from;
  return end;
};

/** Returns the spans of a matcher whose pattern stands directly behind names of secrets. */
const matchAfterNames = (matcher: Matcher, text: string, names: readonly Span[]): readonly Span[] => {
  const spans: Span[] = [];
  let next = 0;
  for (const [start, end] of names) {
    if (start < next) continue;
    matcher.pattern.lastIndex = end;
    const match = matcher.pattern.exec(text);
    if (match) next = takeMatch(matcher, text, match, spans);
  }
  return spans;
};

/** Returns the spans of a text that one matcher masks. @param names the names of secrets in the text */
export const matchSpans = (matcher: Matcher, text: string, names = new NamesInText(text)): readonly Span[] => {
  const { needs, pattern, after } = matcher;
  if (needs && !needs.some((needed) => text.includes(needed))) return noSpans;
  if (after) return matchAfterNames(matcher, text, names.of(after));
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text))
    pattern.lastIndex = takeMatch(matcher, text, match, spans);
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

/** @param otherKeywords further keywords of texts for which not `nothingNamed` is returned */
const createFinder = (matchers: readonly Matcher[], otherKeywords: readonly string[] = []): SecretFinder => {
  const groups = [...groupByKeywords(matchers), { keywords: otherKeywords, matchers: [] }];
  const groupsWorthTrying = createKeywordFilter(groups);

  const match = (text: string, worthTrying: ReadonlySet<Group> = noGroups): Span[] => {
    const spans: Span[] = [];
    const names = new NamesInText(text);
    for (const group of worthTrying)
      for (const matcher of group.matchers) spans.push(...matchSpans(matcher, text, names));
    return spans.length > 0 ? mergeSpans(spans) : spans;
  };

  return (text) => {
    const found = groupsWorthTrying(text);
    if (!found && !text.includes('\u001b')) return noSpans;
    const visible = visibleTexts(text);
    if (visible.length === 0) return found && found.size > 0 ? match(text, found) : noSpans;
    const groups = visible.map(({ plain }) => groupsWorthTrying(plain));
    if (![found, ...groups].some((group) => group && group.size > 0)) return noSpans;
    const spans = visible.flatMap(({ plain, removals }, at) => toOriginal(match(plain, groups[at]), removals));
    // A removed sequence can contain a secret itself, and a known secret can have invisible characters.
    return mergeSpans([...spans, ...match(text, found)]);
  };
};

/** Finder with all secret rules. One serves all, because its tables are large. Most functions never read a log. */
let byForm: SecretFinder | undefined;

/** Finds secrets of a known form, without known values. */
export const findByForm: SecretFinder = (text) => {
  byForm ??= createFinder(secretRules, trackedKeywords);
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
    return mergeSpans([...known, ...found]);
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
