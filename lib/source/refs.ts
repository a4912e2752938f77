import { sourceError } from './failures.ts';

/** What a client may mean by a ref. */
export type Wanted =
  | { kind: 'default' }
  | { kind: 'commit'; hash: string }
  /** Full names, best first. */
  | { kind: 'name'; candidates: readonly string[] };

const MAX_BYTES = 255;
const FULL_HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;
/** Beyond git's own list: C1 controls, line separators, lone surrogates, and characters that turn text around. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

const RULES: readonly { broken: (ref: string) => boolean; says: string }[] = [
  { broken: (ref) => Buffer.byteLength(ref) > MAX_BYTES, says: `is longer than ${MAX_BYTES} bytes` },
  { broken: (ref) => ref.startsWith('-'), says: 'begins with a dash, as options do' },
  { broken: (ref) => UNSHOWABLE.test(ref), says: 'has a control character in it' },
  { broken: (ref) => /[ ~^:?*[\\]/.test(ref), says: 'has a space or one of ~ ^ : ? * [ \\ in it' },
  { broken: (ref) => ref.includes('..'), says: 'has two dots in a row' },
  { broken: (ref) => ref === '@' || ref.includes('@{'), says: 'is @ alone or has @{ in it' },
  { broken: (ref) => /^\/|\/$|\/\//.test(ref), says: 'begins or ends with a slash, or has two in a row' },
  { broken: (ref) => /(^|\/)\./.test(ref), says: 'has a part that begins with a dot' },
  { broken: (ref) => /\.lock(\/|$)/.test(ref), says: 'has a part that ends with .lock' },
  { broken: (ref) => ref.endsWith('.'), says: 'ends with a dot' },
];

/**
 * Reads a ref by the rules of git check-ref-format (https://git-scm.com/docs/git-check-ref-format) and git branch
 * (no dash in front). Nothing, empty and HEAD mean the default branch; 40 or 64 hex digits are a commit.
 * @throws ApiError 400 ref_invalid
 */
export function parseRef(text: string | undefined): Wanted {
  if (text === undefined || text === '' || text === 'HEAD') return { kind: 'default' };
  const rule = RULES.find(({ broken }) => broken(text));
  if (rule !== undefined) {
    throw sourceError('ref_invalid', `The ref ${rule.says}. Give a branch, a tag or a full commit hash.`);
  }
  if (FULL_HASH.test(text)) return { kind: 'commit', hash: text.toLowerCase() };
  const names = [`refs/heads/${text}`, `refs/tags/${text}`];
  return { kind: 'name', candidates: text.startsWith('refs/') ? [text, ...names] : names };
}

/** A short hash is looked up as a name like any other; only when there is none does the hint about its length help. */
export function looksAbbreviated(text: string): boolean {
  return /^[0-9a-f]{4,63}$/i.test(text) && !FULL_HASH.test(text);
}
