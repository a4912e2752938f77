import { expect, test } from '@jest/globals';
import { isFresh, refreshDelay } from '../../../../web/session/refresh-delay.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const inSeconds = (seconds: number): string => new Date(now + seconds * 1000).toISOString();

test('a token is fresh until a minute before its expiry', () => {
  expect([61, 60, 0, -60].map((seconds) => isFresh(inSeconds(seconds), now))).toEqual([true, false, false, false]);
});

test.each([
  ['a minute before the expiry', 300, 0, 240_000],
  ['after five seconds for a token that expires at once', 0, 0, 5000],
  ['after ten seconds when one has failed', 0, 1, 10_000],
  ['after five minutes when many have failed', -86_400, 2000, 300_000],
  ['not at once for a token of a year, which is beyond the range of timers', 365 * 86_400, 0, 2 ** 31 - 1],
])('the page refreshes its session %s', (_, seconds, failures, delay) => {
  expect(refreshDelay(inSeconds(seconds), now, failures)).toBe(delay);
});
