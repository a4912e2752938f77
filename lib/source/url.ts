import type { ErrorCode } from '../errors.ts';
import { sourceError } from './failures.ts';

export type UrlPolicy = {
  /** Whether http:// is taken beside https://. */
  allowHttp: boolean;
  /** Undefined: any port. */
  allowedPorts: readonly number[] | undefined;
};

type Rule<T> = { broken: (value: T, policy: UrlPolicy) => boolean; code: ErrorCode; says: string };

const maxLength = 2048;
const useHttps = 'Use the https:// address of the repository.';
/** Controls, separators, lone surrogates and the characters that turn text around. */
const unprintable = /[\p{Cc}\p{Z}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Judged before the URL parser sees the text: it silently drops tabs, turns backslashes and repairs slashes. */
const textRules: readonly Rule<string>[] = [
  { broken: (text) => text === '', code: 'source_invalid', says: `The source URL is empty. ${useHttps}` },
  {
    broken: (text) => text.length > maxLength,
    code: 'source_invalid',
    says: `The source URL is longer than ${maxLength} characters.`,
  },
  {
    broken: (text) => unprintable.test(text) || text.includes('\\'),
    code: 'source_invalid',
    says: 'The source URL has a space, a backslash or a control character in it. Write such characters percent-encoded.',
  },
  {
    broken: (text) => text.startsWith('-'),
    code: 'source_invalid',
    says: `The source URL looks like a command line option. ${useHttps}`,
  },
  {
    broken: (text) => /^[^/:]*@[^/]*:/.test(text) || /^(ssh|git\+ssh|ssh\+git):/i.test(text),
    code: 'source_forbidden',
    says: `Repositories are not cloned over SSH. ${useHttps}`,
  },
  {
    broken: (text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^https?:/i.test(text),
    code: 'source_forbidden',
    says: `Only https:// addresses are cloned, no other scheme. ${useHttps}`,
  },
  {
    broken: (text) => !/^https?:\/\/[^/?#]/i.test(text),
    code: 'source_invalid',
    says: `The source URL is not a complete address. ${useHttps}`,
  },
  {
    broken: (text, policy) => !policy.allowHttp && /^http:/i.test(text),
    code: 'source_forbidden',
    says: `Repositories are not cloned over unencrypted http://. ${useHttps}`,
  },
  {
    broken: (text) => /^https?:\/\/[^/?#]*@/i.test(text),
    code: 'source_invalid',
    says: 'The source URL must not hold a user name or password: it is shown to others. Only public repositories can be built.',
  },
  {
    broken: (text) => /[?#]/.test(text),
    code: 'source_invalid',
    says: 'The source URL must end with the path of the repository, without ? or #. Name a branch, tag or commit with ref.',
  },
];

const urlRules: readonly Rule<URL>[] = [
  {
    broken: (url) => url.href.length > maxLength,
    code: 'source_invalid',
    says: `The source URL is longer than ${maxLength} characters once encoded.`,
  },
  {
    broken: (url) => /%([01][0-9a-f]|7f)/i.test(url.pathname),
    code: 'source_invalid',
    says: 'The path of the source URL has an encoded control character in it.',
  },
  {
    broken: (url, policy) => policy.allowedPorts !== undefined && !policy.allowedPorts.includes(portOf(url)),
    code: 'source_forbidden',
    says: 'Repositories are not cloned from this port. Use the usual address of the git server.',
  },
];

const portOf = (url: URL): number => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));

const check = <T>(rules: readonly Rule<T>[], value: T, policy: UrlPolicy): void => {
  const rule = rules.find(({ broken }) => broken(value, policy));
  if (rule !== undefined) throw sourceError(rule.code, rule.says);
};

const parse = (text: string): URL => {
  try {
    return new URL(text);
  } catch (cause) {
    throw sourceError('source_invalid', `The source URL has no valid host or port. ${useHttps}`, cause);
  }
};

/**
 * Reads a repository's address as somebody typed it. Numeric spellings of IPv4 addresses (0x7f.1, 2130706433) come
 * out dotted and international names in ASCII (https://url.spec.whatwg.org); a dot after the host and slashes after
 * the path are dropped. Where the address leads is not judged here (see addresses.ts).
 * @throws ApiError 400 source_invalid or source_forbidden
 */
export const parseSourceUrl = (text: string, policy: UrlPolicy): URL => {
  check(textRules, text, policy);
  const url = parse(text);
  check(urlRules, url, policy);
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
};

/** The address as git takes it: no slash at the end. */
export const baseOf = (url: URL): string => url.href.replace(/\/$/, '');
