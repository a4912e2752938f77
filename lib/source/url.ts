import type { ErrorCode } from '../errors.ts';
import { sourceError } from './failures.ts';

export type UrlPolicy = {
  /** Whether source URLs with http:// are allowed besides https://. */
  allowHttp: boolean;
  /** Ports of git servers that are allowed. Undefined: any port. */
  allowedPorts: readonly number[] | undefined;
};

/** A rule for source URLs. `message` is the sentence for a client whose URL breaks the rule. */
type Rule<T> = { isBroken: (value: T, policy: UrlPolicy) => boolean; code: ErrorCode; message: string };

const maxLength = 2048;
const useHttps = 'Use the https:// address of the repository.';
/**
 * Characters that a source URL must not hold: control characters, separators, lone surrogates, and characters that
 * change the direction of text.
 */
const unshowableCharacters = /[\p{Cc}\p{Z}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * Rules for the text of a source URL before parsing: the URL parser silently drops tabs, turns backslashes into slashes
 * and adds missing slashes.
 */
const textRules: readonly Rule<string>[] = [
  { isBroken: (text) => text === '', code: 'source_invalid', message: `The source URL is empty. ${useHttps}` },
  {
    isBroken: (text) => text.length > maxLength,
    code: 'source_invalid',
    message: `The source URL is longer than ${maxLength} characters. Use a shorter address.`,
  },
  {
    isBroken: (text) => unshowableCharacters.test(text) || text.includes('\\'),
    code: 'source_invalid',
    message:
      'The source URL has a space, a backslash or a control character in it. Write such characters percent-encoded.',
  },
  {
    isBroken: (text) => text.startsWith('-'),
    code: 'source_invalid',
    message: `The source URL looks like a command line option. ${useHttps}`,
  },
  {
    isBroken: (text) => /^[^/:]*@[^/]*:/.test(text) || /^(ssh|git\+ssh|ssh\+git):/i.test(text),
    code: 'source_forbidden',
    message: `Repositories are not cloned over SSH. ${useHttps}`,
  },
  {
    isBroken: (text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^https?:/i.test(text),
    code: 'source_forbidden',
    message: `Only https:// addresses are cloned, no other scheme. ${useHttps}`,
  },
  {
    isBroken: (text) => !/^https?:\/\/[^/?#]/i.test(text),
    code: 'source_invalid',
    message: `The source URL is not a complete address. ${useHttps}`,
  },
  {
    isBroken: (text, policy) => !policy.allowHttp && /^http:/i.test(text),
    code: 'source_forbidden',
    message: `Repositories are not cloned over unencrypted http://. ${useHttps}`,
  },
  {
    isBroken: (text) => /^https?:\/\/[^/?#]*@/i.test(text),
    code: 'source_invalid',
    message:
      'The source URL must not hold a user name or password: it is shown to others. Only public repositories can be built.',
  },
  {
    isBroken: (text) => /[?#]/.test(text),
    code: 'source_invalid',
    message:
      'The source URL must end with the path of the repository, without ? or #. Name a branch, tag or commit with ref.',
  },
];

/** Rules for a parsed source URL. */
const urlRules: readonly Rule<URL>[] = [
  {
    isBroken: ({ hostname }) => /^[-.]|\.\./.test(hostname),
    code: 'source_invalid',
    message: `The host of the source URL begins with a dash or a dot, or has two dots in a row. ${useHttps}`,
  },
  {
    isBroken: (url) => url.href.length > maxLength,
    code: 'source_invalid',
    message: `The source URL is longer than ${maxLength} characters once encoded. Use a shorter address.`,
  },
  {
    isBroken: (url) => /%([01][0-9a-f]|7f)/i.test(url.pathname),
    code: 'source_invalid',
    message: 'The path of the source URL has an encoded control character in it. Remove the character.',
  },
  {
    isBroken: (url, policy) => policy.allowedPorts !== undefined && !policy.allowedPorts.includes(portOf(url)),
    code: 'source_forbidden',
    message: 'Repositories are not cloned from this port. Use the usual address of the git server.',
  },
];

const portOf = (url: URL): number => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));

const check = <T>(rules: readonly Rule<T>[], value: T, policy: UrlPolicy): void => {
  const rule = rules.find(({ isBroken }) => isBroken(value, policy));
  if (rule !== undefined) throw sourceError(rule.code, rule.message);
};

const parse = (text: string): URL => {
  try {
    return new URL(text);
  } catch (cause) {
    throw sourceError('source_invalid', `The source URL has no valid host or port. ${useHttps}`, cause);
  }
};

/**
 * Parses a client's source URL. The result has IPv4 addresses in dotted form, whatever their spelling was (0x7f.1,
 * 2130706433), and international host names in ASCII. A dot after the host and slashes after the path are dropped. The
 * IP addresses that the URL leads to are checked in addresses.ts.
 * @throws ApiError 400 source_invalid or source_forbidden
 * @see https://url.spec.whatwg.org
 */
export const parseSourceUrl = (text: string, policy: UrlPolicy): URL => {
  check(textRules, text, policy);
  const url = parse(text);
  check(urlRules, url, policy);
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
};

/** Returns the repository's address without a slash at its end, as git expects it. */
export const baseOf = (url: URL): string => url.href.replace(/\/$/, '');
