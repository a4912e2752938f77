import { isBarePassword, isRandom, isStrong } from './judge.ts';
import { nameKeywords, passwordVariable, tokenVariable } from './names.ts';
import { hexSample, type SecretRule, sample } from './secret-rule.ts';
import { isWords } from './words.ts';

/** Rules for tables whose rows have a name and a value. Tables with a header of names are masked by table-columns.ts. */
export const tables: readonly SecretRule[] = [
  {
    name: 'row of a table with bars',
    keywords: nameKeywords,
    needs: ['|', '│', '┃', '║'],
    after: 'secret',
    pattern: /\s{0,60}[|│┃║]\s{0,60}([^\s|│┃║]+)/diy,
    accept: (secret, after) =>
      /^\s*(?:$|[|│┃║])/.test(after) &&
      !after.includes('}}') &&
      ((isRandom(secret) && isBarePassword(secret, '')) || isWords(secret)),
    masked: [
      `│ API_TOKEN     │ ‹${sample(24)}› │`,
      '| password | ‹Tr0ub4dor-9› |',
      `||  SecretAccessKey|  ‹${sample(40)}›  ||`,
    ],
    left: ['dist/token.js   12.43 kB │ gzip', '| password | varchar(255) |', '| token | a long text |'],
  },
  {
    name: 'row of a table with gaps',
    keywords: nameKeywords,
    needs: ['  ', '\t'],
    pattern: new RegExp(
      `(?:${passwordVariable}|${tokenVariable})(?:\\s{2,60}|\\t)(?:\\S{1,12}(?:\\s{2,60}|\\t))?["']?([^\\s|│┃"']+)`,
      'gd',
    ),
    accept: (secret, after) =>
      /^["']?\s*$/.test(after) && ((isRandom(secret) && isBarePassword(secret, '')) || isWords(secret)),
    masked: ['  DB_PASSWORD   ‹Tr0ub4dor-9›', `  APP_SECRET     n/a   "‹${hexSample(32)}›"`],
    left: ['TOKEN      DESCRIPTION', 'DB_PASSWORD  <set to the key>'],
  },
  {
    name: 'row of a table with gaps and a name of any case',
    keywords: nameKeywords,
    needs: ['  ', '\t'],
    after: 'secret',
    pattern: /(?:_id)?(?:\s{2,60}|\t)([^\s|│┃]+)/diy,
    accept: (secret, after) =>
      /^\s*$/.test(after) && isRandom(secret) && (isStrong(secret) || isBarePassword(secret, '')),
    masked: ['root password      ‹Tr0ub4dor-9›', `secret_id    ‹${sample(36)}›`],
    left: ['api-token   v2.1.0', 'ok  example.org/internal/token  0.013s', 'token       src/token2.ts'],
  },
  {
    name: 'secret key after the key id of AWS',
    keywords: ['akia', 'asia', 'abia', 'acca'],
    pattern:
      /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])[^\n]{1,60}?(?<![A-Za-z0-9/+=])([A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])(?:\s{1,4}[A-Za-z0-9/+]{100,}={0,2})?)/dg,
    accept: (secret) => isRandom(secret) && /[a-z]/.test(secret) && /[A-Z]/.test(secret),
    masked: [`ACCESSKEY\tAKIAABCDEFGH234567AB\t2026-11-28T01:02:03Z\t‹${sample(40)}›\tActive`],
    left: [`AKIAABCDEFGH234567AB ${'0a1b2c3d'.repeat(5)}`],
  },
];
