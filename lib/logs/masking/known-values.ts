import { base64Forms, base64Pattern, dumpForms } from './byte-forms.ts';
import { escapeControls } from './control-characters.ts';
import { encodingsOf } from './encodings.ts';
import { removeInvisible } from './invisible.ts';
import type { Matcher } from './rules/secret-rule.ts';
import { textPattern } from './spelling.ts';

/** Shortest known secret that is masked by its value, in characters. A shorter value would mask ordinary words. */
const minValueLength = 6;

const isLong = (text: string): boolean => text.length >= minValueLength;

/** Returns the longest run of letters and digits in a text, which no encoding of single characters changes. */
const longestRun = (text: string): string =>
  (text.match(/[A-Za-z0-9]+/g) ?? []).reduce((longest, run) => (run.length > longest.length ? run : longest), '');

/**
 * Longest part of a known secret in one regular expression, in characters. A regular expression for a long secret would
 * be too large. A longer secret is masked part by part.
 */
const maxPart = 256;

/** Cuts a text into parts of nearly the same length, never within a surrogate pair. */
const partsOf = (text: string): string[] => {
  const characters = [...text];
  const count = Math.ceil(characters.length / maxPart);
  const length = Math.ceil(characters.length / count);
  return Array.from({ length: count }, (_, at) => characters.slice(at * length, (at + 1) * length).join(''));
};

/**
 * Makes a matcher whose regular expression is compiled when a text has one of its keywords. Most forms of a secret are
 * never printed.
 */
const lazyMatcher = (keywords: readonly string[], source: () => string): Matcher => {
  let compiled: RegExp | undefined;
  return {
    keywords,
    get pattern() {
      compiled ??= new RegExp(source(), 'gd');
      return compiled;
    },
  };
};

/** Makes a matcher for one form of a known secret. Without a run of letters or digits there is no common keyword. */
const matcherOf = (text: string, source: (text: string) => string): Matcher => {
  const run = longestRun(text);
  return lazyMatcher(run.length >= 2 ? [run] : encodingsOf(text), () => source(text));
};

/** Limit for the lines of known secrets that are masked one by one. More lines would make a search slow. */
const maxLines = 100;

/** Returns the lines of the values that have several lines. */
const linesOf = (values: readonly string[]): string[] =>
  values.flatMap((value) => (value.includes('\n') ? value.split('\n').map((line) => line.trim()) : []));

/** Returns a text with each character beyond ASCII written in another way. */
const withOthers = (text: string, write: (character: string) => string): string => text.replace(/[^\0-\x7f]/gu, write);

/** Ways in which programs without Unicode print a character: as a sign for each character or byte, or its bytes as Latin-1. */
const lossyWrites: readonly ((character: string) => string)[] = [
  () => '?',
  () => '\ufffd',
  () => '',
  (character) => '?'.repeat(Buffer.from(character).length),
  (character) => '\ufffd'.repeat(Buffer.from(character).length),
  (character) => escapeControls(Buffer.from(character).toString('latin1'), true),
];

/** Returns a text as programs without Unicode print it, if enough of the text is left to recognise it. */
const lossyForms = (text: string): string[] =>
  withOthers(text, () => '').replace(/[^A-Za-z0-9]/g, '').length < minValueLength
    ? []
    : lossyWrites.map((write) => withOthers(text, write));

/** Returns a text as control-characters.ts shows it, without what a reader does not see. */
const asVisible = (text: string): string =>
  text
    .split('\n')
    .map((line) => removeInvisible(escapeControls(line, true)).plain)
    .join('\n');

/**
 * Returns a text in the forms that look the same, or nearly the same, to a reader: letters with their marks as one
 * character or several, without invisible characters, and without the letters that a program can't print.
 */
const lookAlikes = (text: string): string[] => {
  if (/^[\t\n\x20-\x7e]*$/.test(text)) return [text];
  const forms = [text, text.normalize('NFC'), text.normalize('NFD')];
  return [...forms, ...forms.map(asVisible), ...lossyForms(text)];
};

/** Returns different texts that are long enough. */
const longOnes = (texts: readonly string[]): string[] => [...new Set(texts)].filter(isLong);

/**
 * Makes matchers for known secrets, such as the registry's password. A secret is found as it is, line by line if it has
 * several lines, and as shells, URLs, JSON, HTML, base64 and dumps of bytes write it. Values of less than 6 characters
 * are left out.
 */
export const knownValues = (given: readonly string[]): Matcher[] => {
  const values = longOnes(given.map((value) => value.replaceAll('\r\n', '\n').trim()));
  const lines = longOnes(linesOf(values)).slice(0, maxLines);
  const texts = longOnes([...values, ...lines].flatMap(lookAlikes)).flatMap(partsOf);
  const encoded = [...new Set(values.flatMap(base64Forms))].flatMap(partsOf);
  return [
    ...texts.map((text) => matcherOf(text, textPattern)),
    ...encoded.map((form) => matcherOf(form, base64Pattern)),
    ...values
      .flatMap(partsOf)
      .filter(isLong)
      .flatMap(dumpForms)
      .map(({ keyword, source }) => lazyMatcher([keyword], source)),
  ];
};
