import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, type RawLine } from '../../../../../lib/logs/pod/line-splitter.ts';

const time = '2026-11-22T08:02:11.123456789Z';

const split = (parts: readonly Uint8Array[], limit?: number): RawLine[] => {
  const splitter = new LineSplitter(limit);
  return [...parts.flatMap((part) => splitter.push(part)), ...splitter.finish()];
};

/** Leaves out the text that a later state of its line takes the place of. */
const shownOf = (rawLines: readonly RawLine[]): RawLine[] => rawLines.filter(({ isOverwritten }) => !isOverwritten);

/** Cuts the bytes of a log into pieces at the given places, as a network might. */
const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, at) => bytes.subarray(from, sorted[at] ?? bytes.length));
};

test('The line splitter separates time and text, and ends lines at LF only', () => {
  const bytes = Buffer.from(`${time} a b\n${time} \n${time}\n${time} x\u2028\u0085y\n`);
  expect(split([bytes]).map(({ time: at, text }) => [at, text])).toEqual([
    [time, 'a b'],
    [time, ''],
    [time, ''],
    [time, 'x\u2028\u0085y'],
  ]);
});

test('The line splitter keeps the last state of a line that shows anything, apart from what it takes the place of', () => {
  const lines = [
    '10%\r55%\r100%',
    '\r10%\r\u001b[2K100%\r',
    'done\r   \r',
    'crlf\r',
    '\r\r',
    'a\r\u001b[31mb\u001b[0m\u001b[K',
  ];
  const shown = split([Buffer.from(lines.map((line) => `${time} ${line}\n`).join(''))]);
  expect(shown.filter(({ isOverwritten }) => !isOverwritten).map(({ text }) => text)).toEqual([
    ...['100%', '100%', 'done', 'crlf', '', '\u001b[31mb\u001b[0m'],
  ]);
  expect(shown.filter(({ isOverwritten }) => isOverwritten).map(({ text }) => text)).toEqual([
    '10%\r55%\r',
    '10%\r',
    'a\r',
  ]);
});

test('The line splitter keeps little of a progress bar of 10 MB, and shows its last state', () => {
  const splitter = new LineSplitter();
  const shown: string[] = [];
  let most = 0;
  const push = (text: string): void => {
    for (const raw of splitter.push(Buffer.from(text))) if (!raw.isOverwritten) shown.push(raw.text);
    most = Math.max(most, splitter.unfinished?.text.length ?? 0);
  };
  push(`${time} `);
  for (let at = 0; at < 1000; at += 1) push(`\r${at} ${'#'.repeat(10_000)}`);
  push('\r  \n');
  expect(shown).toEqual([`999 ${'#'.repeat(10_000)}`]);
  expect(most).toBeLessThan(200_000);
});

test('The line splitter accepts offsets from UTC, and lines without a time', () => {
  const bytes = Buffer.from('2026-11-22T08:02:11.1+01:00 a\nunable to retrieve\n2026-11-22 no\n');
  expect(split([bytes])).toEqual([
    { time: '2026-11-22T08:02:11.1+01:00', text: 'a', more: false },
    { time: '', text: 'unable to retrieve', more: false },
    { time: '', text: '2026-11-22 no', more: false },
  ]);
});

test('The line splitter replaces invalid UTF-8 by U+FFFD', () => {
  const bytes = Buffer.concat([
    Buffer.from(`${time} a`),
    Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82]),
    Buffer.from('\n'),
  ]);
  expect(split([bytes])[0]?.text).toBe('a\ufffd\ufffd(\ufffd');
});

test('The line splitter keeps a byte order mark as text', () => {
  expect(split([Buffer.from(`${time} a\n\ufeff${time} b\n`)])[1]).toEqual({
    time: '',
    text: `\ufeff${time} b`,
    more: false,
  });
});

test('The line splitter cuts a line of 10 MB into raw lines of at most 65,536 characters', () => {
  const text = 'x'.repeat(10_000_000);
  const bytes = Buffer.from(`${time} ${text}\n${time} next\n`);
  const parts = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
  const rawLines = split(parts);
  expect(rawLines.every((rawLine) => rawLine.text.length <= 65_536 && rawLine.time === time)).toBe(true);
  expect(
    rawLines
      .slice(0, -1)
      .map((rawLine) => rawLine.text)
      .join(''),
  ).toBe(text);
  expect(rawLines.filter(({ more }) => !more)).toHaveLength(2);
});

test('property: the line splitter returns the same lines however the bytes are cut', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.from(`\n${time} `)),
    fc.constant(Buffer.from('😀'.repeat(9))),
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat()), fc.integer({ min: 2, max: 60 }), (words, places, limit) => {
      const bytes = Buffer.concat([Buffer.from(`${time} `), ...words]);
      expect(shownOf(split(cutAt(bytes, places), limit))).toEqual(shownOf(split([bytes], limit)));
    }),
  );
});

test('property: the parts of a cut line are the whole line when joined', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 30 }), (text, limit) => {
      const line = text.replaceAll('\n', '');
      const rawLines = split([Buffer.from(`${time} ${line}\n`)], limit);
      expect(rawLines.map((rawLine) => rawLine.text).join('')).toBe(Buffer.from(line).toString());
      expect(rawLines.map(({ more }) => more)).toEqual(rawLines.map((_, at) => at < rawLines.length - 1));
    }),
  );
});
