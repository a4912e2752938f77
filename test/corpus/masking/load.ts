/** Reads the corpora of secrets and of innocent lines, whose values are made up when they are read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of a log with a secret. The secret's parts are what a mask must hide. */
export type SecretSample = { kind: string; lines: string[]; parts: string[] };

const sets: Record<string, string> = {
  a: 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789',
  h: '0123456789abcdef',
  l: 'abcdefghijklmnopqrstuvwxyz0123456789',
  u: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  d: '123456789',
  m: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
};
const passwords = [
  'hunter2-Blue',
  'Tr0ub4dor_3x',
  'sunshine42',
  'P@ssw0rd!x9',
  'kX9#mQ2vL',
  's3cr3t-Cat',
  'correct-horse-7',
  'Winter2026!',
  'qW8rT5yU',
  'letme1n-now',
];
/** Passwords that people make of words, most of them without a digit. */
const words = [
  'velvet-Teapot',
  'Maple&Thunder',
  'opensesame!',
  'Kaffee.Kanne!',
  'BlueHarbor',
  'tulip-Garden',
  'Nordlicht_Abend',
  'let-the-rain-fall',
  'Panther#Cloud',
  'quiet.River+Stone',
  'Sparrow1987',
];
const characters: Record<string, string> = {
  ESC: '\u001b',
  NUL: '\u0000',
  BS: '\b',
  ZWSP: '\u200b',
  SHY: '\u00ad',
  BOM: '\ufeff',
  LRM: '\u200e',
};

let state = 1;
const next = (limit: number): number => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor(state / 65536) % limit;
};

/** Returns bytes as columns of hexadecimal digits, as OpenSSL prints them. */
const columns = (count: number): string => Array.from({ length: count }, () => random('h', 2)).join(':');

/** Returns random characters, the last two of which are a letter and a digit, as nearly all tokens have both. */
const random = (set: string, count: number): string => {
  if (set === 'c') return columns(count);
  const all = sets[set] ?? '';
  const text = Array.from({ length: count }, () => all.charAt(next(all.length))).join('');
  return set === 'd' || count < 4 ? text : `${text.slice(0, -2)}${set === 'u' ? 'B7' : 'b7'}`;
};

const value = (name: string): string => {
  if (name === 'p') return passwords[next(passwords.length)] ?? '';
  if (name === 'w') return words[next(words.length)] ?? '';
  const [, set = '', count = '0'] = /^([ahludmc])(\d+)$/.exec(name) ?? [];
  return set === '' ? (characters[name] ?? `{{${name}}}`) : random(set, Number(count));
};

const base64 = (text: string): string =>
  Buffer.from(text.replaceAll('\\n', '\n').replaceAll('\\0', '\0')).toString('base64');

const expand = (template: string): string =>
  template
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => value(name))
    .replace(/\{\{b64:((?:(?!\{\{).)*?)\}\}(?!\})/g, (_, text: string) => base64(text));

/**
 * Parts of the corpora. `tools` has outputs and commands of real tools, and forms of several lines. `forms` has the syntax of
 * configurations, calls, dumps, traces and sentences, with passwords that are words.
 */
export const corpora = ['development', 'held-out', 'tools', 'forms'] as const;
type Corpus = (typeof corpora)[number];

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** Returns the samples of a file. A line of the sample begins at each ⏎, and secrets stand between ‹ and ›. */
const parseSecrets = (file: string, seed: number): SecretSample[] => {
  state = seed;
  let kind = '';
  return file
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      if (line.startsWith('## ')) kind = line.slice(3);
      if (line.startsWith('## ')) return [];
      const text = expand(line);
      const parts = [...text.matchAll(/‹([^›]*)›/g)].map(([, part]) => part ?? '');
      return [{ kind, lines: text.replaceAll(/[‹›]/g, '').split('⏎'), parts }];
    });
};

/** Returns the samples of a file without secrets, each with its lines. */
const parseInnocent = (file: string, seed: number): string[][] => {
  state = seed;
  return file
    .split('\n')
    .filter(Boolean)
    .map((line) => expand(line).split('⏎'));
};

export const readSecrets = (corpus: Corpus): SecretSample[] =>
  parseSecrets(read(`secrets.${corpus}.txt`), corpus.length);

export const readInnocent = (corpus: Corpus): string[][] =>
  parseInnocent(read(`innocent.${corpus}.txt`), corpus.length);
