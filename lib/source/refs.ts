import { sourceError } from './failures.ts';

/** What a client may mean by a ref. */
export type Wanted =
  | { kind: 'default' }
  | { kind: 'commit'; hash: string }
  /** Full names, best first. */
  | { kind: 'name'; candidates: readonly string[] };

const maxBytes = 255;
const fullHash = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;
/** Beyond git's own list: C1 controls, line separators, lone surrogates, and characters that turn text around. */
const unshowable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

const rules: readonly { broken: (ref: string) => boolean; says: string }[] = [
  { broken: (ref) => Buffer.byteLength(ref) > maxBytes, says: `is longer than ${maxBytes} bytes` },
  { broken: (ref) => ref.startsWith('-'), says: 'begins with a dash, as options do' },
  { broken: (ref) => unshowable.test(ref), says: 'has a control character in it' },
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
export const parseRef = (text: string | undefined): Wanted => {
  if (text === undefined || text === '' || text === 'HEAD') return { kind: 'default' };
  const rule = rules.find(({ broken }) => broken(text));
  if (rule !== undefined) {
    throw sourceError('ref_invalid', `The ref ${rule.says}. Give a branch, a tag or a full commit hash.`);
  }
  if (fullHash.test(text)) return { kind: 'commit', hash: text.toLowerCase() };
  const names = [`refs/heads/${text}`, `refs/tags/${text}`];
  return { kind: 'name', candidates: text.startsWith('refs/') ? [text, ...names] : names };
};

/** A short hash is looked up as a name like any other; only when there is none does the hint about its length help. */
export const looksAbbreviated = (text: string): boolean => /^[0-9a-f]{4,63}$/i.test(text) && !fullHash.test(text);
