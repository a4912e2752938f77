import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { eraseLine, StatusLine } from '../../../cli/status-line.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Returns a status line on a terminal of 20 columns, and what the line has written there. */
const open = () => {
  const written: string[] = [];
  const stream = { columns: 20, write: (text: string) => void written.push(text) } as unknown as NodeJS.WriteStream;
  return { line: new StatusLine(stream, () => '*'), written };
};

test('a countdown without a text below it erases itself at its end, and draws no more', () => {
  const { line, written } = open();
  line.countDown((seconds) => `again in ${seconds} s`, 1500);
  expect(written.at(-1)).toBe(`${eraseLine}* again in 2 s`);
  jest.advanceTimersByTime(1400);
  expect(written.at(-1)).toBe(`${eraseLine}* again in 1 s`);
  jest.advanceTimersByTime(200);
  expect(written.at(-1)).toBe(eraseLine);
  expect(written.join('')).not.toContain('in 0 s');
  expect(jest.getTimerCount()).toBe(0);
});

test('after a countdown the line shows its text again', () => {
  const { line, written } = open();
  line.show(() => 'waiting');
  line.countDown((seconds) => `again in ${seconds} s`, 500);
  expect(written.at(-1)).toBe(`${eraseLine}* again in 1 s`);
  jest.advanceTimersByTime(600);
  expect(written.at(-1)).toBe(`${eraseLine}* waiting`);
  line.stop();
});

test('a tab takes one cell of the line, so that no terminal wraps the line', () => {
  const { line, written } = open();
  line.show(() => 'a\tb\tc\td\te\tf\tg\th\ti\tj\tk');
  expect(written.at(-1)).toBe(`${eraseLine}* a b c d e f g h …`);
  line.stop();
});
