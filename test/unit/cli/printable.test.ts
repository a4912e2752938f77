import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson, printable, printableLines, printableLogLine, printableOutput } from '../../../cli/printable.ts';

const dangerous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u2028-\u202e\u2060-\u206f\ufff9-\uffff\u{e0000}-\u{e0fff}\p{Cs}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for colour sequences
const colourSequence = /\u001b\[[0-9;:]*m/g;
const text = fc.string({
  unit: fc.constantFrom(
    ...['\u001b', '[', 'm', '3', ';', '\u009b', '\r', '\n', '\u202e', 'x', '\u0007', 'é'],
    ...['8', ':', '\u200d', '\ud800', '\u00ad', '\u{e0041}', '👩', '\ufe0f'],
  ),
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

test('printableOutput leaves no control character but line feeds and colours', () => {
  fc.assert(
    fc.property(
      text,
      (input) => !dangerous.test(printableOutput(input).replace(colourSequence, '').replaceAll('\n', '')),
    ),
  );
});

test.each([
  ['hidden text', '\u001b[8mx'],
  ['hidden text among colours', '\u001b[31;8mx'],
  ['hidden text behind a colon', '\u001b[0:8mx'],
  ['blinking text', '\u001b[5mx'],
])('printableLogLine and printableOutput drop the sequence of %s', (_, input) => {
  expect([printableLogLine(input, true), printableLogLine(input, false), printableOutput(input)]).toEqual([
    'x',
    'x',
    'x',
  ]);
});

test('printableOutput and printableLogLine keep colours', () => {
  const coloured = '\u001b[1;31mred\u001b[0m and \u001b[38;5;8mgrey';
  expect(printableOutput(`${coloured}\n`)).toBe(`${coloured}\n`);
  expect(printableLogLine(coloured, true)).toBe(`${coloured}\u001b[0m`);
});

test.each([
  ['a soft hyphen', 'a\u00adb', 'a\\u00adb'],
  ['a space of no width', 'a\u200bb', 'a\\u200bb'],
  ['a joiner between Latin letters', 'a\u200db\u200cc', 'a\\u200db\\u200cc'],
  ['a word joiner', 'a\u2060b', 'a\\u2060b'],
  ['a filler of Hangul', 'a\u3164b', 'a\\u3164b'],
  ['a variation selector', 'a\ufe0fb', 'a\\ufe0fb'],
  ['a tag', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['a lone surrogate', 'a\ud83d', 'a\\ud83d'],
  ['an isolate', 'a\u2066b', 'a\\u2066b'],
  ['a byte order mark', '\ufeffa', '\\ufeffa'],
  ['a noncharacter', 'a\u{1ffff}', 'a\\u{1ffff}'],
  ['a joiner twice after an Arabic letter', 'ب\u200c\u200cب', 'ب\\u200c\\u200cب'],
])('printable shows %s', (_, input, shown) => expect(printable(input)).toBe(shown));

test('printable takes linear time for line breaks within a text', () => {
  const text = `${'\r'.repeat(1_000_000)}x`;
  expect(printable(text)).toHaveLength(text.length);
});

test('printable and printableLogLine keep tabs, accents, emoji, keycaps and joined letters', () => {
  const ordinary = 'naïve\tcafé 👩‍💻 👩🏽‍🚀 ❤️ 1️⃣ 日本 می‌خواهم क्‍ष {"a": 1}';
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
