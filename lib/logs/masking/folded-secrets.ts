import type { Span } from './invisible.ts';
import { type LineTracker, logPrefixLength } from './line-tracker.ts';
import { isFolded, isTokenBegun } from './rules/judge.ts';
import { secretName, wrapper } from './rules/names.ts';
import { mergeSpans, type SecretFinder } from './secret-finder.ts';

/** Number of characters of the line before that are searched together with a line. */
const maxTail = 512;

/** Shortest line, in characters, whose end can be the place where a terminal or a program has cut a token. */
const minWidth = 40;

/**
 * The secret that a line leaves open. `name`: the line ends with the name of a secret or with a backslash, so the value may
 * follow. `token`: the line ends within a token.
 */
type Open = { kind: 'name'; tail: string; isContinued: boolean } | { kind: 'token' } | undefined;

const nameAtEnd = new RegExp(
  `${secretName}(?:</key>)?\\s{0,20}(?:(?:[?+|:]?=>?|:)\\s{0,20}(?:[|>][-+]?\\d?|${wrapper})?|>|,)?\\s{0,20}$`,
  'i',
);

/** Last letters of the names of secrets, without a plural's s. */
const nameEndings = new Set([
  'ord',
  'swd',
  'pwd',
  'ass',
  'ase',
  'ode',
  'ret',
  'ken',
  'key',
  'ial',
  'alt',
  'ent',
  'ure',
]);

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;
/** Codes of the characters that may stand after a name or a separator: quotation marks, commas, brackets. */
const closers = new Set([...'"\'`,)]'].map((character) => character.charCodeAt(0)));
/** Codes of the characters after which a value may follow in the next line. */
const openers = new Set([...':=>|-+('].map((character) => character.charCodeAt(0)));

/** Returns where a line ends without spaces and closing punctuation. */
const contentEnd = (text: string): number => {
  let end = text.length;
  while (end > 0 && (isSpace(text.charCodeAt(end - 1)) || closers.has(text.charCodeAt(end - 1)))) end -= 1;
  return end;
};

/** Says cheaply whether a line may end with the name of a secret. Most lines do not. */
const mayEndWithName = (text: string): boolean => {
  const end = contentEnd(text);
  if (openers.has(text.charCodeAt(end - 1))) return true;
  const last = text.slice(Math.max(0, end - 4), end).toLowerCase();
  return nameEndings.has(last.slice(-3)) || (last.endsWith('s') && nameEndings.has(last.slice(-4, -1)));
};

const isBackslash = (text: string): boolean => text.charCodeAt(text.length - 1) === 0x5c;

const openOf = (text: string, found: readonly Span[]): Open => {
  const end = text.trimEnd();
  if (isBackslash(end)) return { kind: 'name', tail: end.slice(-maxTail, -1), isContinued: true };
  if (end.length >= minWidth && (found.at(-1)?.[1] === text.length || isTokenBegun(end))) return { kind: 'token' };
  if (!mayEndWithName(text)) return undefined;
  const tail = end.slice(-maxTail);
  if (!nameAtEnd.test(tail)) return undefined;
  return {
    kind: 'name',
    tail: tail.replace(/[|>][-+]?\d?$/, (mark) => (tail.includes('<') ? mark : '')),
    isContinued: false,
  };
};

/** Matches the part of a token at the start of a line. */
const tokenPart = /^\s{0,8}["'+]?([A-Za-z0-9_.+/=~%-]+)/d;

const continuedToken = (line: string): Span[] => {
  const from = logPrefixLength(line);
  const text = line.slice(from);
  const span = tokenPart.exec(text)?.indices?.[1];
  if (!span || !isFolded(text.slice(...span), /^["',;\\]{0,3}\s*$/.test(text.slice(span[1], span[1] + 40)))) return [];
  return [[from + span[0], from + span[1]]];
};

/**
 * Says whether nothing but punctuation follows a value, so that the value is all that its line has, or whether the line
 * tells that a validation has refused the value.
 */
const isAlone = (text: string, [start, end]: Span): boolean =>
  /^(?:["'`,;)\]}\\\s]*|<\/\w{1,20}>\s*)$/.test(text.slice(end, end + 60)) ||
  /input(?:_value=|: )["']$/.test(text.slice(0, start));

/** Matches a line that begins with a variable and its value, so that the line is no value of the line before. */
const isAssignment =
  /^\s*(?:(?!.{0,16}value)[A-Za-z][\w-]{0,30}: +\S|(?:export |declare -x )?(?:[A-Z][A-Z0-9_]*=|[a-z_][\w.-]*\s?=\s?[^=\s]))/;

const continuedName = (
  findSecrets: SecretFinder,
  open: { tail: string; isContinued: boolean },
  text: string,
): Span[] => {
  if (!open.isContinued && isAssignment.test(text)) return [];
  const line = open.isContinued ? text.trimStart() : text.slice(logPrefixLength(text));
  const before = open.isContinued ? open.tail : `${open.tail}\n`;
  const removed = text.length - line.length;
  return findSecrets(before + line.slice(0, maxTail))
    .filter(([, to]) => to > before.length)
    .map(([from, to]): Span => [Math.max(from - before.length, 0) + removed, to - before.length + removed])
    .filter((span) => open.isContinued || isAlone(text, span));
};

/** Makes the state for secrets that are folded over lines. The lines of one step are added in their order. */
export const createFoldedSecrets = (findSecrets: SecretFinder): LineTracker => {
  let open: Open;
  return {
    add: (text, found) => {
      let spans = found;
      if (open) {
        const more = open.kind === 'token' ? continuedToken(text) : continuedName(findSecrets, open, text);
        if (more.length > 0) spans = mergeSpans([...found, ...more]);
      }
      open = openOf(text, spans);
      return spans;
    },
    reset: () => {
      open = undefined;
    },
    get isAtRest() {
      return open === undefined;
    },
  };
};
