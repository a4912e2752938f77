import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson, logLine, neutral, neutralLines } from '../../../cli/plain.ts';
import { cut, table } from '../../../cli/table.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is tested
const DANGEROUS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is tested
const COLOURS = /\u001b\[[0-9;:]*m/g;
const text = fc.string({
  unit: fc.constantFrom('\u001b', '[', 'm', '3', ';', '\u009b', '\r', '\n', '\u202e', 'x', '\u0007', 'é'),
});

test('neutral text holds no control, whatever comes in', () => {
  fc.assert(
    fc.property(
      text,
      (input) => !DANGEROUS.test(neutral(input)) && !neutralLines(input).some((line) => DANGEROUS.test(line)),
    ),
  );
});

test('a log line holds colours at most, and none when there are to be none', () => {
  fc.assert(
    fc.property(text, (input) => {
      const coloured = logLine(input, true);
      expect(coloured.replace(COLOURS, '')).not.toMatch(DANGEROUS);
      expect(logLine(input, false)).not.toMatch(DANGEROUS);
      expect(coloured.replace(COLOURS, '')).toBe(logLine(input, false));
    }),
  );
});

test('ordinary text stays as it is', () => {
  const ordinary = 'naïve\tcafé 👩‍💻 日本 {"a": 1}';
  expect([neutral(ordinary), logLine(ordinary, true), logLine(ordinary, false)]).toEqual([
    ordinary,
    ordinary,
    ordinary,
  ]);
});

test('JSON is ASCII, and means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const printed = asciiJson(value);
      expect(printed).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.stringify(JSON.parse(printed))).toBe(JSON.stringify(value));
    }),
  );
});

test('a table is never wider than its columns allow', () => {
  const cell = fc.string({ maxLength: 60 }).map((value) => ({ text: neutral(value) }));
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

test('what is cut shows that it was', () => {
  expect([cut('abcdef', 4), cut('abcdef', 4, 'end'), cut('abc', 3)]).toEqual(['abc…', '…def', 'abc']);
});
