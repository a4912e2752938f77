import { expect, test } from '@jest/globals';
import { lastState, StateLimit } from '../../../../../lib/logs/pod/line-states.ts';

test.each([
  ['10%', '', '10%'],
  ['10%\r20%', '10%\r', '20%'],
  ['10%\r20%\r', '10%\r', '20%'],
  ['10%\r20%\r \u001b[0m\r', '10%\r', '20%'],
  ['\u001b[2K\u001b[?25l10%', '', '10%'],
  ['\r\r', '\r\r', ''],
  ['', '', ''],
])(
  'the last state of the unfinished line %j that shows anything follows the text %j, and is %j',
  (line, overwritten, shown) => {
    expect(lastState(line)).toEqual({ overwritten, shown });
  },
);

test('a thousand states of a line in a second are shown ten times, and those of a long line twice', () => {
  const shown = (length: number): number => {
    const limit = new StateLimit();
    return Array.from({ length: 1000 }, (_, ms) => limit.allows(length, ms)).filter(Boolean).length;
  };
  expect(shown(80)).toBe(10);
  expect(shown(65_536)).toBe(2);
});

test('every state of a long line is shown if one comes in a second', () => {
  const limit = new StateLimit();
  const seconds = Array.from({ length: 60 }, (_, second) => second);
  expect(seconds.every((second) => limit.allows(65_536, second * 1000))).toBe(true);
});
