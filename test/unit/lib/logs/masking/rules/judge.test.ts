import { describe, expect, test } from '@jest/globals';
import * as judge from '../../../../../../lib/logs/masking/rules/judge.ts';
import { isExpression, isKnownAsOther } from '../../../../../../lib/logs/masking/rules/known-as-other.ts';
import * as words from '../../../../../../lib/logs/masking/rules/words.ts';
import { expectWork } from '../../../../../support/work.ts';

const length = 4000;
const atoms = [
  ...[
    'a',
    'aB',
    'aB3',
    'A',
    'Ab',
    '1',
    'a1',
    '/',
    '/value',
    '-',
    '_',
    '.',
    '=',
    ',',
    ':',
    '::',
    '+',
    '$',
    '\\',
    '"',
    '@',
    'x@1.',
  ],
  ...['(', '[', ' ', 'the ', 'é', '密', '!'],
];
const values = atoms.flatMap((first) =>
  ['', ...atoms].flatMap((second) => {
    const run = (first + second).repeat(length).slice(0, length);
    return [run, `${run}!`, `a1${run}1a `];
  }),
);

type Judgement = (value: string, after: string) => boolean;

/** Limit of the processor time of a judgement, in microseconds. One of quadratic time takes ten times as long. */
const bound = 3000;

test.each(Object.entries({ ...judge, ...words, isExpression, isKnownAsOther }) as [string, Judgement][])(
  '%s takes linear time for every value',
  (_, judgement) => {
    for (const value of values) expectWork(() => judgement(value, ''), bound);
  },
);

describe('isBareToken tells tokens from what stands where a token could stand', () => {
  test.each(['aB3dE6gH9aB3dE6gH9', 'sk1_9f2c1b7e9f2c', '0123abcd4567ef'])('%s is a token', (value) =>
    expect(judge.isBareToken(value, '')).toBe(true),
  );
  test.each([
    ...['/run/secrets/token2', '~/token/file2', './a/b2', '/value/value/value', 'src/token2.ts', '1.2.3-rc1', 'v2.1.0'],
    ...['parseHTTPServer2', 'ClientCredentials2', 'node-modules-v2', 'App\\Client2\\Token', 'protected]', 'sha256sum'],
  ])('%s is no token', (value) => expect(judge.isBareToken(value, '')).toBe(false));
});
