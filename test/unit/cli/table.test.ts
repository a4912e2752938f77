import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cellWidthFor } from '../../../cli/cells.ts';
import { printable } from '../../../cli/printable.ts';
import { table } from '../../../cli/table.ts';

const columns = [
  { title: 'A', shrinkTo: 5 },
  { title: 'B', shrinkTo: 5, keep: 'end' as const },
];

test('property: a table is never wider than the terminal when all columns may shrink', async () => {
  const unit = fc.constantFrom('a', ' ', '日', '한', 'ｱ', 'é', 'e\u0301', '👩‍💻', '🇩🇪', '1️⃣', '…', '\u0600', 'ก็');
  const cell = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit, maxLength: 60 }));
  const shown = cell.map((value) => ({ text: printable(value) }));
  const rows = fc.array(fc.tuple(shown, shown), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 20, max: 100 }), async (all, width) => {
      const lines = await table(columns, all, width, undefined);
      const cells = await cellWidthFor(lines);
      for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(width);
    }),
  );
});

test('a table with wide characters has aligned columns', async () => {
  const rows = ['plain', '日本語', '👩‍💻 x', 'cafe\u0301'].map((text) => [{ text }, { text: 'end' }]);
  expect(await table(columns, rows, undefined, undefined)).toEqual([
    'A       B',
    'plain   end',
    '日本語  end',
    '👩‍💻 x    end',
    'cafe\u0301    end',
  ]);
});

test.each([
  [undefined, ['A     B     C     D', 'aaaa  bbbb  cccc  dddd']],
  [22, ['A     B     C     D', 'aaaa  bbbb  cccc  dddd']],
  [21, ['A     B     C     D', 'aaaa  bbbb  cccc  dd…']],
  [19, ['A     B     C', 'aaaa  bbbb  cccc']],
  [15, ['A     C', 'aaaa  cccc']],
  [9, ['A     C', 'aaaa  cc…']],
  [3, ['A     C', 'aaaa  c…']],
])(
  'a table on a terminal of %j cells leaves out the least important columns, and cuts the others last',
  async (width, lines) => {
    const ranked = [
      { title: 'A' },
      { title: 'B', drop: 1 },
      { title: 'C', shrinkTo: 2 },
      { title: 'D', shrinkTo: 3, drop: 2 },
    ];
    const row = ['aaaa', 'bbbb', 'cccc', 'dddd'].map((text) => ({ text }));
    expect(await table(ranked, [row], width, undefined)).toEqual(lines);
  },
);
