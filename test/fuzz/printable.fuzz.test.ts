import { expect } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson, printable, printableLines, printableLogLine, printableOutput } from '../../cli/printable.ts';
import { fuzz } from './fuzz.ts';

/** Characters that a terminal obeys or does not show, or that joins others. Tabs are harmless. */
const hidden = /(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\p{NChar}\p{Bidi_C}\ufff9-\ufffb]/u;
/** Invisible characters that are kept where they change what a reader sees. */
const joiners = /\u200c|\u200d|\ufe0e|\ufe0f/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the property looks for colour sequences
const sequence = /\u001b\[[0-9;:]*m/g;

const fragment = fc.constantFrom(
  ...['\u001b', '\u001b[', '\u001b]0;', '\u0007', '\u009b', '\u009d', '\r', '\n', '\t', '\u007f', '\u0000'],
  ...['8', '5', '38', ';', ':', 'm', '0', '31', '2J', 'K', 'x', ' ', 'é', '日', 'ب', 'क', '्'],
  ...['\u200b', '\u200c', '\u200d', '\u202e', '\u2066', '\u2028', '\u00ad', '\u2060', '\ufeff', '\ufe0f', '\u3164'],
  ...['👩', '🏽', '❤', '1', '\u20e3', '\u{e0041}', '\u{e0100}', '\ud83d', '\ude00', '\uffff', '\u{1d173}'],
);
const text = fc.oneof(
  fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const isSafe = (shown: string): boolean => !hidden.test(shown.replace(joiners, ''));

fuzz('printable leaves nothing that a terminal obeys or hides, and printing twice changes nothing', text, (input) => {
  const shown = printable(input);
  expect(isSafe(shown)).toBe(true);
  expect(printable(shown)).toBe(shown);
  expect(printableLines(input).every(isSafe)).toBe(true);
  // A joiner is kept only between characters, so it never hides at the ends of a text.
  expect(shown).not.toMatch(/^(?:\u200c|\u200d|\ufe0e|\ufe0f)|(?:\u200c|\u200d)$/);
});

fuzz('printableLogLine leaves only colours, and the same text with and without them', text, (input) => {
  const coloured = printableLogLine(input, true);
  const plain = printableLogLine(input, false);
  expect(isSafe(plain)).toBe(true);
  expect(coloured.replace(sequence, '')).toBe(plain);
  const plainSequences = [...coloured.matchAll(sequence)]
    .map(([found]) => found)
    .filter((found) => !/[345]8/.test(found));
  for (const found of plainSequences) expect(found).not.toMatch(/[[;]0*(?:[5689]|1[0-9]|2[0568]|5[0-7])[;m:]/);
});

fuzz(
  'printableOutput leaves what the other functions return, and nothing dangerous of any other text',
  text,
  (input) => {
    expect(isSafe(printableOutput(input).replace(sequence, '').replaceAll('\n', ''))).toBe(true);
    for (const shown of [printable(input), printableLogLine(input, true)]) expect(printableOutput(shown)).toBe(shown);
  },
);

fuzz('asciiJson writes ASCII with the same value', fc.jsonValue(), (value) => {
  const printed = asciiJson(value);
  expect(printed).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(value)));
});
