import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLines, type RawLine } from '../../../../../lib/logs/pod/lines.ts';

const time = '2026-11-22T08:02:11.123456789Z';

const split = (parts: readonly Uint8Array[], limit?: number): RawLine[] => {
  const lines = createLines(limit);
  return [...parts.flatMap((part) => lines.push(part)), ...lines.rest()];
};

/** The bytes cut at these places. */
const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, at) => bytes.subarray(from, sorted[at] ?? bytes.length));
};

test('time and text, empty lines, no other line ends than LF', () => {
  const bytes = Buffer.from(`${time} a b\n${time} \n${time}\n${time} x\r\u2028\u0085y\n`);
  expect(split([bytes]).map(({ time: at, text }) => [at, text])).toEqual([
    [time, 'a b'],
    [time, ''],
    [time, ''],
    [time, 'x\r\u2028\u0085y'],
  ]);
});

test('offsets from UTC, and lines without a time', () => {
  const bytes = Buffer.from('2026-11-22T08:02:11.1+01:00 a\nunable to retrieve\n2026-11-22 no\n');
  expect(split([bytes])).toEqual([
    { time: '2026-11-22T08:02:11.1+01:00', text: 'a', more: false },
    { time: '', text: 'unable to retrieve', more: false },
    { time: '', text: '2026-11-22 no', more: false },
  ]);
});

test('what is not UTF-8 becomes U+FFFD', () => {
  const bytes = Buffer.concat([
    Buffer.from(`${time} a`),
    Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82]),
    Buffer.from('\n'),
  ]);
  expect(split([bytes])[0]?.text).toBe('a\ufffd\ufffd(\ufffd');
});

test('a byte order mark is text', () => {
  expect(split([Buffer.from(`${time} a\n\ufeff${time} b\n`)])[1]).toEqual({
    time: '',
    text: `\ufeff${time} b`,
    more: false,
  });
});

test('a long line comes in pieces, in any number of reads, and holds no more than a piece', () => {
  const text = 'x'.repeat(10_000_000);
  const bytes = Buffer.from(`${time} ${text}\n${time} next\n`);
  const parts = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
  const pieces = split(parts);
  expect(pieces.every((piece) => piece.text.length <= 65_536 && piece.time === time)).toBe(true);
  expect(
    pieces
      .slice(0, -1)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
  expect(pieces.filter(({ more }) => !more)).toHaveLength(2);
});

test('property: the reads make no difference', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.from(`\n${time} `)),
    fc.constant(Buffer.from('😀'.repeat(9))),
  );
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat()), fc.integer({ min: 2, max: 60 }), (words, places, limit) => {
      const bytes = Buffer.concat([Buffer.from(`${time} `), ...words]);
      expect(split(cutAt(bytes, places), limit)).toEqual(split([bytes], limit));
    }),
  );
});

test('property: joined again, the pieces are what was decoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 30 }), (text, limit) => {
      const line = text.replaceAll('\n', '');
      const pieces = split([Buffer.from(`${time} ${line}\n`)], limit);
      expect(pieces.map((piece) => piece.text).join('')).toBe(Buffer.from(line).toString());
      expect(pieces.map(({ more }) => more)).toEqual(pieces.map((_, at) => at < pieces.length - 1));
    }),
  );
});
