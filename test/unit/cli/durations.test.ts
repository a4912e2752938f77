import { expect, test } from '@jest/globals';
import { ageText, clockText, durationText, parseDuration } from '../../../cli/durations.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-5, '0 s', '0 s', '0:00'],
  [0, '0 s', '0 s', '0:00'],
  [999, '0 s', '0 s', '0:00'],
  [42 * second, '42 s', '42 s', '0:42'],
  [59.7 * second, '59 s', '59 s', '0:59'],
  [65 * second, '1 min 5 s', '1 min', '1:05'],
  [2 * hour + 3 * second, '2 h', '2 h', '2:00:03'],
  [2 * hour + 5 * minute, '2 h 5 min', '2 h', '2:05:00'],
  [3 * day + 4 * hour, '3 d 4 h', '3 d', '76:00:00'],
])('%d ms is shown as duration %j, age %j and clock %j', (ms, duration, age, clock) => {
  expect([durationText(ms), ageText(ms), clockText(ms)]).toEqual([duration, age, clock]);
});

test.each([
  ['90', 90 * second],
  ['90s', 90 * second],
  ['10m', 10 * minute],
  ['1h30m', 90 * minute],
  ['2d', 2 * day],
  ['0', undefined],
  ['0s', undefined],
  ['', undefined],
  ['-5', undefined],
  ['1.5h', undefined],
  ['10 m', undefined],
  ['m', undefined],
  ['99999999', undefined],
])('parseDuration of %j is %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
