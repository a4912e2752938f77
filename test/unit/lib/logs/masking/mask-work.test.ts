import { expect, test } from '@jest/globals';
import { secretsOfBuild } from '../../../../../lib/logs/masking/build-secrets.ts';
import type { SecretRule } from '../../../../../lib/logs/masking/rules/secret-rule.ts';
import { createSecretFinder, matchSpans, withKnownValues } from '../../../../../lib/logs/masking/secret-finder.ts';
import { secretRules } from '../../../../../lib/logs/masking/secret-rules.ts';
import { maxLineLength } from '../../../../../lib/logs/pod/line-splitter.ts';
import { expectWork, filled, leastWork, work } from '../../../../support/work.ts';
import { lookAlikes } from './look-alikes.ts';

const findSecrets = createSecretFinder(['correct-horse-battery']);

const benign = filled(lookAlikes.filter((line) => line.length < 200).join(' '));
leastWork(() => findSecrets(benign));
/**
 * Limit of the processor time of a search for secrets, in microseconds. A search of quadratic time takes some 500 times
 * as long as the search of a benign line.
 */
const bound = 100 * leastWork(() => findSecrets(benign));

const expectLinear = (line: string, find = findSecrets): void => {
  expect(line.length).toBeLessThanOrEqual(2 * maxLineLength);
  expectWork(() => find(line), bound);
};

/** Returns a secret rule's first example up to the end of the secret. */
const found = (rule: SecretRule): string => {
  const text = rule.masked[0]?.replaceAll(/[‹›]/g, '') ?? '';
  return text.slice(0, matchSpans(rule, text)[0]?.[1] ?? 0);
};

test.each(secretRules.map((rule) => [rule.name, rule] as const))(
  'a line full of beginnings of a match of the rule “%s” takes about as long as any other line',
  (_, rule) => {
    const whole = found(rule);
    expect(whole).not.toBe('');
    for (const part of [0.5, 1]) expectLinear(filled(whole.slice(0, Math.ceil(whole.length * part))));
  },
);

/** Length of a line that only one rule searches, in characters. */
const shortLength = 8192;
/**
 * Processor time of one rule in microseconds from which the growth of the time is measured. A rule of quadratic time
 * takes some ten times as long; a linear one takes as long only on a slow machine.
 */
const suspiciousWork = 8000;

/**
 * Returns how much longer a rule takes for a line eight times as long: about 8 times in linear, 64 in quadratic time. A
 * shorter line would not do, because a rule may look ahead for a limited number of characters.
 */
const growth = (rule: SecretRule, line: string): number => {
  const workOf = (text: string) => leastWork(() => matchSpans(rule, text));
  return workOf(line.repeat(8)) / workOf(line);
};

test.each(secretRules.map((rule) => [rule.name, rule] as const))(
  'the rule “%s” takes linear time wherever its example is cut off and begins again',
  (_, rule) => {
    const whole = found(rule);
    for (let cut = 1; cut <= Math.min(whole.length, 80); cut += 3)
      for (const glue of ['', ' ']) {
        const line = (whole.slice(0, cut) + glue).repeat(shortLength).slice(0, shortLength);
        if (work(() => matchSpans(rule, line)) < suspiciousWork) continue;
        expect([line.slice(0, 80), growth(rule, line) < 24]).toEqual([line.slice(0, 80), true]);
      }
  },
);

test.each<[string, string]>([
  ['beginnings of tokens that never go on', filled('-eyJ')],
  ['beginnings of tokens with one dot behind them', `${filled('-eyJ').slice(10)}.a`],
  ['colours behind addresses', '://:b@ '.repeat(4600) + '\u001b[m'.repeat(10_900)],
  ['colours among addresses', filled('://:b@\u001b[m ')],
  ['visible sequences', filled('://:b@ \u241b[0;0')],
  ['credentials in base64 without an end', `basic ${Buffer.from(`${':'.repeat(48_000)}\u0001`).toString('base64')}`],
  ['addresses without an end', filled('://a:b:')],
  ['one long address', `://${filled('a:')}`],
  ['names without a value', filled('password: token: ')],
  ['refused values', filled('token:abc,secret:def ')],
  ['refused values without a space', filled('password=$x;token=$y&')],
  ['commands without an option', filled('mysql curl docker login openssl ')],
  ['options without a value', filled('curl -u --user -u ')],
  ['opened quotation marks', filled('password="\\"')],
  ['names among brackets', filled('<password secret="token"')],
  ['bot passwords, nearly', filled('login a@b:0123456789abcdef0123456789abcdef0')],
  ['links that do not end', filled('password\u241b]8;;')],
  ['erased characters', filled('p\u2408password=')],
  ...[...',;:.)}]\\!?"\'|`#='].map((sign): [string, string] => [
    `a name before many characters ${sign}`,
    `password ${filled(sign).slice(20)}!x`,
  ]),
  ['a path after a name', `password=${filled('/value')}`],
  ['capital letters after a name', `token=a1${filled('A')}`],
  ['a version after a name', `token=${filled('1.')}!`],
  ['small letters after a name', `password=a1${filled('a')}1!`],
  ['known values, nearly', filled('correct-horse-batter')],
])('a line of %s takes about as long as any other line', (_, line) => expectLinear(line));

test('a line full of beginnings of a hundred secrets of the build takes about as long as any other line', () => {
  const values = (end: string) =>
    Array.from({ length: 500 }, (_, at) => `aaa!aaa!aaa!${String(at).padStart(3, '0')}${end}`);
  const variables = values('').map((value, at): [string, string] => [`TOKEN_${at}`, value]);
  const several: [string, string] = ['KEY_TOKEN', values(' ').join('\n')];
  for (const envvars of [variables, [several]]) {
    const find = withKnownValues(() => [], secretsOfBuild(Object.fromEntries(envvars)));
    const bytes = Buffer.from('aaa!');
    const written = [bytes.toString('hex'), '61 61 61 21 ', '97, 97, 97, 33, ', bytes.toString('base64').slice(0, 4)];
    for (const line of ['aaa!', 'aaa!aaa!aaa!00', '\\\\aaa%25%2521', 'aaa=21&amp;', ...written])
      expectLinear(filled(line), find);
  }
});

test.each([
  ['\\"', '\\\\\\\\"'],
  ['\\!a', '\\\\\\\\!a'],
  ["'", "'"],
  ['"', '"'],
  ['\\', '\\'],
  ['$', '$'],
  ['$', '\\$'],
  ['%', '%25'],
  ['{}', '{'],
  ['&amp;', '&amp;amp;'],
  ['é', '&amp;'],
  ['é', '?'],
  [`'"`, `'"`],
  ['a\n', 'a '],
])('a known value of many %j takes about as long as any other line, on a line of many %j', (piece, found) => {
  const find = withKnownValues(() => [], [`${piece.repeat(30)}abc`]);
  expectLinear(`${filled(found)}abd abc`, find);
});
