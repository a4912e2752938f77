import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson, printable, printableLines, printableLogLine } from '../../../cli/printable.ts';
import { cut, table } from '../../../cli/table.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
const dangerous = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for colour sequences
const colourSequence = /\u001b\[[0-9;:]*m/g;
const text = fc.string({
  unit: fc.constantFrom('\u001b', '[', 'm', '3', ';', '\u009b', '\r', '\n', '\u202e', 'x', '\u0007', 'é'),
});

test('printable and printableLines leave no control character of any text', () => {
  fc.assert(
    fc.property(
      text,
      (input) => !dangerous.test(printable(input)) && !printableLines(input).some((line) => dangerous.test(line)),
    ),
  );
});

test('printableLogLine leaves no control character but colours, and no colours when they are off', () => {
  fc.assert(
    fc.property(text, (input) => {
      const coloured = printableLogLine(input, true);
      expect(coloured.replace(colourSequence, '')).not.toMatch(dangerous);
      expect(printableLogLine(input, false)).not.toMatch(dangerous);
      expect(coloured.replace(colourSequence, '')).toBe(printableLogLine(input, false));
    }),
  );
});

test('printable and printableLogLine keep tabs, accents and emoji', () => {
  const ordinary = 'naïve\tcafé 👩‍💻 日本 {"a": 1}';
  expect([printable(ordinary), printableLogLine(ordinary, true), printableLogLine(ordinary, false)]).toEqual([
    ordinary,
    ordinary,
    ordinary,
  ]);
});

test('asciiJson writes ASCII with the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const printed = asciiJson(value);
      expect(printed).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.stringify(JSON.parse(printed))).toBe(JSON.stringify(value));
    }),
  );
});

test('a table is never wider than the terminal when all columns may shrink', () => {
  const cell = fc.string({ maxLength: 60 }).map((value) => ({ text: printable(value) }));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), fc.integer({ min: 20, max: 100 }), (rows, width) => {
      const columns = [
        { title: 'A', shrinkTo: 5 },
        { title: 'B', shrinkTo: 5, keep: 'end' as const },
      ];
      for (const line of table(columns, rows, width, undefined)) expect([...line].length).toBeLessThanOrEqual(width);
    }),
  );
});

test('cut marks the missing text with …', () => {
  expect([cut('abcdef', 4), cut('abcdef', 4, 'end'), cut('abc', 3)]).toEqual(['abc…', '…def', 'abc']);
});
