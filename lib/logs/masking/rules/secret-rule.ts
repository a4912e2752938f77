import type { NameKind } from './names-in-text.ts';

/** Finds secrets of one kind in a text. */
export type Matcher = {
  /**
   * Every match contains one of these strings, in any case of ASCII letters, so the keyword filter tries the pattern
   * only on texts with a keyword. Each keyword has three characters or more, or two that are not
   * ASCII.
   */
  keywords: readonly string[];
  /**
   * Every match also contains one of these strings, in this case of letters. They spare a line with a common keyword
   * the search by the pattern. Default: no such condition.
   */
  needs?: readonly string[];
  /**
   * Kind of name that stands before a secret. The pattern is then tried only directly behind each name of this kind
   * (names.ts), and has the flag `y` instead of `g`. Default: the pattern is searched in the whole text.
   */
  after?: NameKind;
  /**
   * Regular expression for a secret. Flags: `gd` or `dy`, and `i` where case does not matter. The first group that takes part
   * in the match is masked; without groups, the whole match is masked.
   *
   * Matching must take linear time: a pattern that has consumed a long run of characters must match there (`accept` may
   * still refuse the match), or no other match may begin within that run. So a pattern must not search for the end of a
   * run and then fail because the end is missing. A search of bounded length may fail.
   */
  pattern: RegExp;
  /**
   * Says whether the matched text is a secret, where the pattern alone proves too little. Default: every match is a
   * secret.
   * @param after the characters that follow the secret, 24 at most
   */
  accept?: (secret: string, after: string) => boolean;
};

/** A rule that recognises one kind of secret, with examples. A test compares every example with what the rule does. */
export type SecretRule = Matcher & {
  name: string;
  /** Texts with a secret. The part that the rule masks stands between ‹ and ›. */
  masked: readonly string[];
  /** Texts that look similar and that the rule leaves as they are. */
  left: readonly string[];
};

const repeat = (set: string, count: number): string => set.repeat(Math.ceil(count / set.length)).slice(0, count);

/** Returns letters and digits for an example. Examples are made from parts, so that they are no credentials. */
export const sample = (count: number): string => repeat('aB3dE6gH9', count);

/** Returns hexadecimal digits for an example. */
export const hexSample = (count: number): string => repeat('0a1b2c3d4e5f', count);

/** Matches the beginning of a word. */
export const wordStart = '(?<![A-Za-z0-9])';
