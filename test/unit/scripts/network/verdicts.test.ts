import { expect, test } from '@jest/globals';
import { type Expectation, findingOf, type Outcome, reportOf } from '../../../../scripts/network/verdicts.ts';

const attempt = (expected: Expectation) => ({
  from: 'build' as const,
  target: 'a target',
  expected,
  meaning: 'What it means.',
});

const reached: Outcome = { connected: true };
const away: Outcome = { connected: false, error: 'ETIMEDOUT' };
const responding = (status: number): Outcome => ({ connected: true, status });

test.each<[Expectation, Outcome, isWrong: boolean]>([
  ['closed', away, false],
  ['closed', reached, true],
  ['closed', responding(401), true],
  ['open', reached, false],
  ['open', away, true],
  ['any', reached, false],
  ['any', away, false],
  ['refused', responding(401), false],
  ['refused', responding(403), false],
  ['refused', responding(200), true],
  ['refused', responding(302), true],
  ['refused', reached, true],
  ['refused', away, false],
])('a target that should be %s, with the outcome %j: wrong is %s', (expected, outcome, isWrong) => {
  expect(findingOf(attempt(expected), outcome).isWrong).toBe(isWrong);
});

test('the report has a line for each attempt, and the meaning of a wrong outcome', () => {
  const report = reportOf([findingOf(attempt('closed'), reached), findingOf(attempt('open'), reached)]);
  expect(report.split('\n')).toEqual([
    'WRONG  a build → a target: reached',
    '       What it means.',
    'ok     a build → a target: reached',
    '',
    '1 of 2 are wrong.',
  ]);
});

test('the report of a network that is as it should be says so', () => {
  const report = reportOf([findingOf(attempt('closed'), away), findingOf(attempt('refused'), responding(401))]);
  expect(report).toContain('not reached (ETIMEDOUT)');
  expect(report).toContain('reached, responds with 401');
  expect(report).toMatch(/The network of the builds is as it should be\.$/);
});
