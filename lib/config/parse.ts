import { type ChosenProxy, parseProxy } from '../proxy/choose.ts';
import { isNetwork, networkPattern } from './networks.ts';
import type { Setting, ValueSchema } from './setting.ts';

type Range = { min: number; max: number };

/**
 * Tells whether a setting's text holds a line break or another control character. No setting but JSON needs one. The
 * URL parser would drop line breaks, and a command line or a header would be cut at them.
 */
const hasControlCharacter = (value: string): boolean => /\p{Cc}/u.test(value);

/** Makes a setting whose value must match a regular expression. */
export const text = (name: string, expected: string, pattern: RegExp, fallback?: string): Setting<string> => ({
  name,
  expected,
  default: fallback,
  mayBeEmpty: false,
  schema: { type: 'string', pattern: pattern.source },
  parse: (value) => (pattern.test(value) && !hasControlCharacter(value) ? value : undefined),
});

/** Makes a setting that is a whole number in a range, both ends included. */
export const integer = (name: string, { min, max }: Range, fallback?: number): Setting<number> => ({
  name,
  expected: `a whole number from ${min} to ${max}`,
  default: fallback?.toString(),
  mayBeEmpty: false,
  schema: { type: 'integer', minimum: min, maximum: max },
  parse: (value) => {
    const number = Number(value);
    return /^-?[0-9]+$/.test(value) && number >= min && number <= max ? number : undefined;
  },
});

/** Makes a setting that is true or false. */
export const flag = (name: string, fallback: boolean): Setting<boolean> => ({
  name,
  expected: 'true or false',
  default: String(fallback),
  mayBeEmpty: false,
  schema: { type: 'boolean' },
  parse: (value) => ({ true: true, false: false })[value],
});

const parseDate = (value: string): string | undefined => {
  const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
  // A day that its month does not have is refused, or else taken for a day of the next month.
  return time && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(value) ? value : undefined;
};

/** Makes a setting that is a date. The day begins at midnight in UTC. */
export const date = (name: string): Setting<string> => ({
  name,
  expected: 'a date of the calendar such as 2026-04-27',
  default: undefined,
  mayBeEmpty: false,
  schema: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', format: 'date' },
  parse: parseDate,
});

const parseHttpUrl = (value: string): string | undefined => {
  const url = URL.parse(value);
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash;
  return isPlain && !hasControlCharacter(value) ? value.replace(/\/$/, '') : undefined;
};

/** Makes a setting that is an http or https URL. A slash at the end of the URL is dropped. */
export const url = (name: string, fallback?: string): Setting<string> => ({
  name,
  expected: 'an http or https URL without credentials',
  default: fallback,
  mayBeEmpty: false,
  schema: { type: 'string', pattern: '^https?://[^/@#?\\s]+(/[^#\\s]*)?$' },
  parse: parseHttpUrl,
});

const pagePattern = '^(https://[^/@#?\\s]+(/builds)?/ui|http://(localhost|127\\.0\\.0\\.1)(:[0-9]+)?)/?$';

/**
 * Makes a setting that is the address of the web page. The gateway passes only paths of these forms to the page. Browsers
 * keep cookies safe by TLS only, so plain http is for this machine.
 */
export const pageUrl = (name: string): Setting<string> => ({
  ...url(name),
  expected: 'an https URL that ends with /ui or /builds/ui',
  schema: { type: 'string', pattern: pagePattern },
  parse: (value) => (new RegExp(pagePattern).test(value) ? parseHttpUrl(value) : undefined),
});

const parseItems = (value: string, isItem: (item: string) => boolean): string[] | undefined => {
  const items = value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  return items.every((item) => isItem(item) && !hasControlCharacter(item)) ? items : undefined;
};

/** Makes a setting that is a comma-separated list. Each item must match a regular expression. The list may be empty. */
export const list = (name: string, expected: string, pattern: RegExp, fallback: string): Setting<string[]> => ({
  name,
  expected,
  default: fallback,
  mayBeEmpty: false,
  schema: { type: 'array', uniqueItems: true, items: { type: 'string', pattern: pattern.source } },
  parse: (value) => parseItems(value, (item) => pattern.test(item)),
});

/** Makes a setting that is a comma-separated list of IP address ranges, such as 10.0.0.0/8. */
export const cidrs = (name: string): Setting<string[]> => ({
  name,
  expected: 'a comma-separated list of address ranges such as 10.0.0.0/8, each with its first address',
  default: '',
  mayBeEmpty: false,
  schema: { type: 'array', uniqueItems: true, items: { type: 'string', pattern: networkPattern, format: 'network' } },
  parse: (value) => parseItems(value, isNetwork),
});

const parseProxySetting = (value: string, name: string): ChosenProxy | undefined => {
  try {
    const proxy = parseProxy(value, name);
    return /^https?:$/.test(proxy.url.protocol) ? proxy : undefined;
  } catch {
    return undefined;
  }
};

/** Makes a setting that is the URL of an http or https proxy, which may hold a user name and a password. */
export const proxy = (name: string): Setting<ChosenProxy> => ({
  name,
  expected: 'the URL of an http or https proxy',
  default: undefined,
  mayBeEmpty: false,
  // A value of the chart holds no password, because values of charts show up in too many places.
  schema: { type: 'string', pattern: '^https?://[^/@#?\\s]+/?$' },
  parse: (value) => parseProxySetting(value, name),
});

const parseJson = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

/** Makes a setting whose value is JSON. @param problem describes what is wrong with a value that `check` refuses */
export const json = <T>(
  name: string,
  expected: string,
  check: (value: unknown) => value is T,
  fallback: string,
  schema: ValueSchema,
  problem?: (value: unknown) => string | undefined,
): Setting<T> => ({
  name,
  expected,
  default: fallback,
  mayBeEmpty: false,
  schema,
  parse: (value) => {
    const parsed = parseJson(value);
    return check(parsed) ? parsed : undefined;
  },
  problem: (value) => problem?.(parseJson(value)),
});
