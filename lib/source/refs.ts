import { sourceError } from './failures.ts';

/** A ref as a client requests it: the default branch, a commit by its hash, or the name of a branch or tag. */
export type RequestedRef =
  | { kind: 'default' }
  | { kind: 'commit'; hash: string }
  /**
   * The name of a branch or tag. `candidates` are the full names that it may stand for, such as refs/heads/main, best
   * first.
   */
  | { kind: 'name'; candidates: readonly string[] };

const maxBytes = 255;
const fullHashPattern = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;
/**
 * Characters that git allows in a ref and we refuse, because they hide what a ref's name is: control characters, spaces
 * of any width, line separators, lone surrogates, and characters that change the direction of text.
 */
const unshowableCharacters = /[\p{Cc}\p{Z}\p{Cs}\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;

const rules: readonly { isBroken: (ref: string) => boolean; problem: string }[] = [
  { isBroken: (ref) => Buffer.byteLength(ref) > maxBytes, problem: `is longer than ${maxBytes} bytes` },
  { isBroken: (ref) => ref.startsWith('-'), problem: 'begins with a dash, as options do' },
  { isBroken: (ref) => /[ ~^:?*[\\]/.test(ref), problem: 'has a space or one of ~ ^ : ? * [ \\ in it' },
  { isBroken: (ref) => unshowableCharacters.test(ref), problem: 'has a control character or an invisible one in it' },
  { isBroken: (ref) => ref.includes('..'), problem: 'has two dots in a row' },
  { isBroken: (ref) => ref === '@' || ref.includes('@{'), problem: 'is @ alone or has @{ in it' },
  { isBroken: (ref) => /^\/|\/$|\/\//.test(ref), problem: 'begins or ends with a slash, or has two in a row' },
  { isBroken: (ref) => /(^|\/)\./.test(ref), problem: 'has a part that begins with a dot' },
  { isBroken: (ref) => /\.lock(\/|$)/.test(ref), problem: 'has a part that ends with .lock' },
  { isBroken: (ref) => ref.endsWith('.'), problem: 'ends with a dot' },
];

/**
 * Parses a client's ref by the rules of git check-ref-format and git branch (no dash in front). Undefined, '' and HEAD
 * mean the default branch; 40 or 64 hex digits are a commit.
 * @throws ApiError 400 ref_invalid
 * @see https://git-scm.com/docs/git-check-ref-format
 */
export const parseRef = (text: string | undefined): RequestedRef => {
  if (text === undefined || text === '' || text === 'HEAD') return { kind: 'default' };
  const rule = rules.find(({ isBroken }) => isBroken(text));
  if (rule !== undefined) {
    throw sourceError('ref_invalid', `The ref ${rule.problem}. Give a branch, a tag or a full commit hash.`);
  }
  if (fullHashPattern.test(text)) return { kind: 'commit', hash: text.toLowerCase() };
  const names = [`refs/heads/${text}`, `refs/tags/${text}`];
  return { kind: 'name', candidates: text.startsWith('refs/') ? [text, ...names] : names };
};

/**
 * Tells whether a ref looks like an abbreviated commit hash. Such a ref is looked up as a name, because a branch may
 * have the name, and abbreviated hashes are not resolved.
 */
export const looksAbbreviated = (text: string): boolean =>
  /^[0-9a-f]{4,63}$/i.test(text) && !fullHashPattern.test(text);
