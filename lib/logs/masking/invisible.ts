import { colourPattern } from './colour.ts';

/** Range of characters in a text: start, and end (exclusive). */
export type Span = [number, number];

/**
 * Place of removed characters: their position in the remaining text, and the number of characters removed up to there.
 */
type Removal = { at: number; shift: number };

/**
 * Ranges of the codes of characters that a reader does not see, or not as a character of their own: characters that
 * Unicode calls default ignorable, annotations, line separators, marks over or under Latin letters, and the sign for
 * bytes that are no character.
 */
const withoutWidth: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x20d0, 0x20ff],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xfffd, 0xfffd],
];

/** Ranges of the codes with which terminal sequences, control characters and invisible surrogate pairs begin. */
const beginnings: readonly (readonly [number, number])[] = [
  [0x001b, 0x001b],
  [0x2400, 0x2408],
  [0x240b, 0x240c],
  [0x240e, 0x2421],
  [0xd82f, 0xd82f],
  [0xd834, 0xd834],
  [0xdb40, 0xdb43],
];

const escapeCode = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
const withoutWidthClass = withoutWidth.map(([first, last]) => `${escapeCode(first)}-${escapeCode(last)}`).join('');

/** Control characters that a terminal obeys within a sequence, or ignores, as control-characters.ts shows them. */
const innerControls = '\\u2400-\\u2407\\u240b\\u240c\\u240e-\\u2417\\u2419\\u241c-\\u241f\\u2421';

/**
 * Text that a reader does not see, or that control-characters.ts has made visible. No repetition has a limit, because a
 * terminal hides a sequence of any length; a repetition ends at the next sequence, so the search takes linear time.
 */
const sequences = [
  colourPattern,
  // Colours that hide text, cursor movement, and others. CAN and SUB end a sequence; a sequence may be unfinished.
  `\\u241b\\[[0-?${innerControls}]*[ -/]*[@-~\\u2418\\u241a]?`,
];
const characters = [
  '\\u241b[ -/]*[0-OQ-WYZ\\\\`-~]',
  '[\\u2400-\\u2408\\u240b\\u240c\\u240e-\\u241f\\u2421]',
  `[${withoutWidthClass}]`,
  // Format controls of shorthand and music, tags, selectors of variants, and codes that are reserved for such.
  '\\ud82f[\\udca0-\\udca3]|\\ud834[\\udd73-\\udd7a]|[\\udb40-\\udb43][\\udc00-\\udfff]',
];
/** Links, titles and other commands with a text of their own, also if they have no end. */
const commands = '\\u241b[\\]P_^X][^\\u241b\\u001b\\u2407\\u2418\\u241a]*(?:\\u2407|\\u241b\\\\|[\\u2418\\u241a])?';

const invisible = new RegExp([...sequences, commands, ...characters].join('|'), 'g');
/** Matches the same, but only the beginning of a command with a text of its own. */
const invisibleSigns = new RegExp([...sequences, '\\u241b[\\]P_^X]', ...characters].join('|'), 'g');

const backspace = '\u2408';
/** Matches what shows a text in two ways: backspaces, and commands with a text of their own. */
const ambiguous = /\u2408|\u241b[\]P_^X]/;

/** Says for every UTF-16 code whether it may be invisible. A look into this table is faster than a regular expression. */
const invisibleCodes = new Uint8Array(1 << 16);
for (const [first, last] of [...beginnings, ...withoutWidth]) invisibleCodes.fill(1, first, last + 1);

const hasInvisible = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (invisibleCodes[text.charCodeAt(at)] === 1) return true;
  return false;
};

const nothing: readonly Removal[] = [];

/** A text without its invisible parts, and where they were. */
type Visible = { plain: string; removals: readonly Removal[] };

const isLowSurrogate = (code: number): boolean => (code & 0xfc00) === 0xdc00;

/** Removes the last character from the ranges of a text that are kept. */
const eraseLast = (text: string, kept: Span[]): void => {
  const last = kept.at(-1);
  if (!last) return;
  last[1] -= isLowSurrogate(text.charCodeAt(last[1] - 1)) ? 2 : 1;
  if (last[1] <= last[0]) kept.pop();
};

/** Returns the ranges of a text that a pattern does not match. @param erases whether backspaces erase a character */
const rangesWithout = (text: string, pattern: RegExp, erases: boolean): Span[] => {
  const kept: Span[] = [];
  let from = 0;
  text.replace(pattern, (found: string, at: number) => {
    if (at > from) kept.push([from, at]);
    from = at + found.length;
    if (erases && found === backspace) eraseLast(text, kept);
    return '';
  });
  if (text.length > from) kept.push([from, text.length]);
  return kept;
};

/** Joins the ranges of a text that are kept. */
const joinRanges = (text: string, kept: readonly Span[]): Visible => {
  const removals: Removal[] = [];
  let plain = '';
  for (const [from, to] of kept) {
    if (from > plain.length) removals.push({ at: plain.length, shift: from - plain.length });
    plain += text.slice(from, to);
  }
  const shift = text.length - plain.length;
  if (shift !== (removals.at(-1)?.shift ?? 0)) removals.push({ at: plain.length, shift });
  return { plain, removals };
};

/**
 * Removes from a text what a reader does not see on a terminal. A backspace erases the character before it, because
 * programs print bold text in this way. Most texts are returned as they are.
 */
export const removeInvisible = (text: string): Visible =>
  hasInvisible(text) ? joinRanges(text, rangesWithout(text, invisible, true)) : { plain: text, removals: nothing };

/**
 * Returns a text without its invisible parts in each way in which a secret can be read: on a terminal; and, where that
 * is different, as control-characters.ts shows it, with what was erased and with the texts of commands. The list is
 * empty if nothing is invisible.
 */
export const visibleTexts = (text: string): Visible[] => {
  const shown = removeInvisible(text);
  if (shown.removals.length === 0) return [];
  return ambiguous.test(text) ? [shown, joinRanges(text, rangesWithout(text, invisibleSigns, false))] : [shown];
};

/**
 * Moves spans from a text without invisible parts to the original text. Spans and removals are both in order, so one
 * pass over both is enough.
 */
export const toOriginal = (spans: readonly Span[], removals: readonly Removal[]): Span[] => {
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
