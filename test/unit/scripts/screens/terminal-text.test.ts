import { expect, test } from '@jest/globals';
import { rowsOf } from '../../../../scripts/screens/terminal-text.ts';

const erase = '\r\u001b[2K';

test('rowsOf keeps the last state of a line that was drawn again', () => {
  expect(rowsOf(`one\r\n${erase}⠋ waits${erase}⠙ works`, 80)).toEqual([
    [{ text: 'one', codes: '' }],
    [{ text: '⠙ works', codes: '' }],
  ]);
});

test('rowsOf splits a line into its colours, and drops other sequences and the bell', () => {
  expect(rowsOf('\u001b[?25h\u001b[32mok\u001b[0m \u001b[1mbold\u001b[0m\u0007\r\n', 80)).toEqual([
    [
      { text: 'ok', codes: '32' },
      { text: ' ', codes: '' },
      { text: 'bold', codes: '1' },
    ],
  ]);
});

test('rowsOf wraps a line where the terminal ends', () => {
  const rows = rowsOf('ab\u001b[31mcdef\u001b[0mg\r\n\r\nx', 3);
  expect(rows.map((row) => row.map(({ text }) => text).join(''))).toEqual(['abc', 'def', 'g', '', 'x']);
});
