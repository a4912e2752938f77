import { expect, test } from '@jest/globals';
import { createChangingFinder } from '../../../../../lib/logs/masking/changing-values.ts';
import { maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';

test('a new value is masked when five seconds have passed, and so are all earlier values', () => {
  let [now, values] = [0, ['correct-horse-battery']];
  const find = createChangingFinder({ values: () => values, now: () => now });
  const mask = (text: string) => maskSpans(text, find(text));
  const line = 'correct-horse-battery another-staple-7 third-paper-clip';
  expect(mask(line)).toBe('[masked] another-staple-7 third-paper-clip');
  for (const value of ['another-staple-7', 'third-paper-clip']) {
    values = [value];
    now += 5000;
    mask('a line');
  }
  expect(mask(line)).toBe('[masked] [masked] [masked]');
});

test('secrets of a known form are masked before and after a change of the known values', () => {
  let [now, values] = [0, ['correct-horse-battery']];
  const find = createChangingFinder({ values: () => values, now: () => now });
  const line = 'token ghp_abcdefghijklmnopqrstuvwxyz0123456789';
  const expected = maskSpans(line, find(line));
  expect(expected).toBe('token [masked]');
  values = ['another-staple-7'];
  now = 5000;
  expect(maskSpans(line, find(line))).toBe(expected);
});
