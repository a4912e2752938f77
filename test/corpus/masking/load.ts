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

/** Returns random characters, the last two of which are a letter and a digit, as nearly all tokens have both. */
const random = (set: string, count: number): string => {
  const all = sets[set] ?? '';
  const text = Array.from({ length: count }, () => all.charAt(next(all.length))).join('');
  return set === 'd' || count < 4 ? text : `${text.slice(0, -2)}${set === 'u' ? 'B7' : 'b7'}`;
};

const value = (name: string): string => {
  if (name === 'p') return passwords[next(passwords.length)] ?? '';
  const [, set = '', count = '0'] = /^([ahlud])(\d+)$/.exec(name) ?? [];
  return set === '' ? (characters[name] ?? `{{${name}}}`) : random(set, Number(count));
};

const base64 = (text: string): string => Buffer.from(text.replaceAll('\\n', '\n')).toString('base64');

const expand = (template: string): string =>
  template
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => value(name))
    .replace(/\{\{b64:((?:(?!\{\{).)*?)\}\}(?!\})/g, (_, text: string) => base64(text));

const read = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, name), 'utf8')
    .split('\n')
    .filter(Boolean);

/** Returns the secrets of one half of the corpus. A line begins at each ⏎, and secrets stand between ‹ and ›. */
export const readSecrets = (half: 'development' | 'held-out'): SecretSample[] => {
  state = half.length;
  let kind = '';
  return read(`secrets.${half}.txt`).flatMap((line) => {
    if (line.startsWith('## ')) kind = line.slice(3);
    if (line.startsWith('## ')) return [];
    const text = expand(line);
    const parts = [...text.matchAll(/‹([^›]*)›/g)].map(([, part]) => part ?? '');
    return [{ kind, lines: text.replaceAll(/[‹›]/g, '').split('⏎'), parts }];
  });
};

/** Returns the innocent lines of one half of the corpus. */
export const readInnocent = (half: 'development' | 'held-out'): string[] => {
  state = half.length;
  return read(`innocent.${half}.txt`).map(expand);
};
