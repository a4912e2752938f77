import { describe, expect, test } from '@jest/globals';
import { atMostCells, cellWidthFor, cut } from '../../../cli/cells.ts';

const widths = [
  ['', 0],
  ['plain text', 10],
  ['naïve', 5],
  ['cafe\u0301', 4],
  ['日本語', 6],
  ['ｱｲｳ', 3],
  ['한국어', 6],
  ['👩‍💻', 2],
  ['🇩🇪', 2],
  ['1️⃣', 2],
  ['a\tb', 3],
  ['é\t日', 4],
  ['…', 1],
  ['│─', 2],
] as const;

test.each(widths)('the text %j takes %i cells of a terminal, also by the estimate', async (text, expected) => {
  expect((await cellWidthFor([text]))(text)).toBe(expected);
  expect((await cellWidthFor(['é']))(text)).toBe(expected);
  expect(atMostCells(text)).toBeGreaterThanOrEqual(expected);
});

describe('cut', () => {
  test.each([
    ['abcdef', 4, 'abc…', '…def'],
    ['abc', 3, 'abc', 'abc'],
    ['日本語', 6, '日本語', '日本語'],
    ['日本語', 5, '日本…', '…本語'],
    ['日本語', 4, '日…', '…語'],
    ['a日本', 3, 'a…', '…本'],
    ['👩‍💻👩‍💻', 3, '👩‍💻…', '…👩‍💻'],
    ['cafe\u0301s', 4, 'caf…', '…fe\u0301s'],
    ['日', 1, '…', '…'],
    ['a\tb\tc', 5, 'a b c', 'a b c'],
    ['a\tb\tc', 4, 'a b…', '…b c'],
    ['é\tb\tc', 4, 'é b…', '…b c'],
  ])('of %j to %i cells is %j, and %j when the end stays', async (text, width, start, end) => {
    const cells = await cellWidthFor([text]);
    expect([cut(text, width, cells), cut(text, width, cells, 'end')]).toEqual([start, end]);
  });
});
