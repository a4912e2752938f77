import { colourPattern } from './colour.ts';

/** Range of characters in a text: start, and end (exclusive). */
export type Span = [number, number];

/**
 * Place of removed characters: their position in the remaining text, and the number of characters removed up to there.
 */
type Removal = { at: number; shift: number };

/** Ranges of the codes of characters without width: first and last code. */
const withoutWidth: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
];

/** Ranges of the codes of characters with which terminal sequences and control characters begin. */
const beginnings: readonly (readonly [number, number])[] = [
  [0x001b, 0x001b],
  [0x2400, 0x2408],
  [0x240b, 0x240c],
  [0x240e, 0x2421],
  [0xdb40, 0xdb40],
];

const escapeCode = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
const withoutWidthClass = withoutWidth.map(([first, last]) => `${escapeCode(first)}-${escapeCode(last)}`).join('');

/**
 * Matches text that a reader does not see, or that control-characters.ts has made visible: terminal sequences, control
 * characters with the characters that they erase, and characters without width.
 */
const invisible = new RegExp(
  [
    colourPattern,
    // Sequences that control-characters.ts has made visible: colours that hide text, cursor movement, and others.
    '\\u241b\\[[0-9;:?<=>]{0,64}[ -/]{0,2}[@-~]',
    // Links, titles and other commands with a text of their own.
    '\\u241b[\\]P_^X][^\\u241b\\u2407]{0,2048}(?:\\u2407|\\u241b\\\\)',
    '\\u241b[ -/]{0,2}[0-OQ-WYZ\\\\`-~]',
    // A backspace erases the character before it. Programs print bold text in this way.
    '[^\\u2408\\u241b]\\u2408',
    '[\\u2400-\\u2408\\u240b\\u240c\\u240e-\\u241f\\u2421]',
    `[${withoutWidthClass}]`,
    // Tags, and selectors of variants.
    '\\udb40[\\udc00-\\uddef]',
  ].join('|'),
  'g',
);

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

/** Removes what a reader does not see from a text. Most texts are returned as they are. */
export const removeInvisible = (text: string): Visible => {
  if (!hasInvisible(text)) return { plain: text, removals: nothing };
  const removals: Removal[] = [];
  let shift = 0;
  const plain = text.replace(invisible, (found: string, at: number) => {
    removals.push({ at: at - shift, shift: shift + found.length });
    shift += found.length;
    return '';
  });
  return { plain, removals };
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
